import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { decodeSafetensors, safetensorsParts } from '../../protocol/model/safetensors.ts';
import type { RoundReport } from '../report.ts';
import type { StrategyState } from '../../learning/index.ts';
import { openFolder, writeAtomically } from '../../platform/atomic-write.ts';
import { Journal } from './journal.ts';
import { modelHashOf } from './hash.ts';
import { recordFrom, RESTORE, type SavedTask } from './record.ts';
import type { Store, TaskRecord } from './types.ts';

/** Models kept in memory, since all clients of a round fetch the same one. */
const CACHED = 2;

/**
 * A store in a folder: `models/<sha256>.safetensors`, `tasks/<name>.json` with the strategy's vectors beside it,
 * `rounds.jsonl`, and `latest/<name>.safetensors`, a copy of each task's model for people and other programs. A task's record is replaced by one rename, which is the moment at which a round has happened.
 */
export class FileStore implements Store {
  readonly #folder: string;
  readonly #journal: Journal;
  readonly #cache = new Map<string, Uint8Array>();
  /** Models that are read or still in use: who fetches an old one slowly shares it with all others that do. */
  readonly #shared = new Map<string, Promise<Uint8Array | undefined> | WeakRef<Uint8Array>>();
  /** The vectors that each state file holds: who passes the same object again means the same values. */
  readonly #states = new Map<string, StrategyState>();

  private constructor(folder: string, journal: Journal) {
    this.#folder = folder;
    this.#journal = journal;
  }

  /** @throws CairnError `folder-unwritable`, or `config-unreadable` for a damaged journal */
  static async open(folder: string): Promise<FileStore> {
    for (const part of ['', 'models', 'tasks', 'latest']) await openFolder(join(folder, part));
    return new FileStore(folder, await Journal.open(join(folder, 'rounds.jsonl')));
  }

  async putModel(bytes: Uint8Array): Promise<string> {
    const copy = new Uint8Array(bytes.length);
    const hash = await modelHashOf(bytes, copy);
    await writeAtomically(this.#modelPath(hash), bytes);
    this.#remember(hash, copy);
    return hash;
  }

  async publishModel(task: string, parts: readonly Uint8Array[]): Promise<void> {
    await writeAtomically(join(this.#folder, 'latest', `${task}.safetensors`), parts);
  }

  async getModel(hash: string): Promise<Uint8Array | undefined> {
    const cached = this.#cache.get(hash);
    if (cached !== undefined) return cached;
    if (!/^[0-9a-f]{64}$/.test(hash)) return undefined;
    const shared = this.#shared.get(hash);
    const alive = shared instanceof WeakRef ? shared.deref() : shared;
    if (alive !== undefined) return alive;
    const reading = this.#readModel(hash);
    this.#shared.set(hash, reading);
    try {
      const bytes = await reading;
      if (bytes === undefined) this.#shared.delete(hash);
      else this.#shared.set(hash, new WeakRef(bytes));
      return bytes;
    } catch (thrown) {
      this.#shared.delete(hash);
      throw thrown;
    }
  }

  async #readModel(hash: string): Promise<Uint8Array | undefined> {
    const bytes = await readIfThere(this.#modelPath(hash));
    if (bytes === undefined) return undefined;
    if ((await modelHashOf(bytes)) !== hash) {
      const path = this.#modelPath(hash);
      throw new CairnError(
        'model-malformed',
        `${path} does not have the hash that its name says: it was cut or changed`,
        {
          hint: RESTORE,
        },
      );
    }
    this.#remember(hash, bytes);
    return bytes;
  }

  async saveTask(record: TaskRecord): Promise<void> {
    const { strategyState, ...rest } = record;
    const vectors = Object.keys(strategyState);
    const stateFile =
      vectors.length === 0
        ? undefined
        : `${record.task}.${record.round}.${record.modelHash.slice(0, 8)}.state.safetensors`;
    // Most records of a round differ from the one before in what is pending alone, and the vectors may be long.
    if (stateFile !== undefined && this.#states.get(stateFile) !== strategyState) {
      await writeAtomically(this.#taskPath(stateFile), encodeState(strategyState));
    }
    const saved: SavedTask = { version: 1, ...rest, ...(stateFile === undefined ? {} : { stateFile }) };
    await writeAtomically(this.#taskPath(`${record.task}.json`), `${JSON.stringify(saved, undefined, 2)}\n`);
    await this.#removeStates(record.task, stateFile);
    if (stateFile !== undefined) this.#states.set(stateFile, strategyState);
  }

  async loadTask(task: string): Promise<TaskRecord | undefined> {
    const path = this.#taskPath(`${task}.json`);
    const bytes = await readIfThere(path);
    if (bytes === undefined) return undefined;
    const { stateFile, record } = recordFrom(path, task, bytes);
    if (stateFile === undefined) return record;
    const state = await readIfThere(this.#taskPath(stateFile));
    const statePath = this.#taskPath(stateFile);
    if (state === undefined)
      throw new CairnError('config-unreadable', `${path}: its state file ${statePath} is missing`, { hint: RESTORE });
    try {
      return { ...record, strategyState: decodeSafetensors(state).tensors };
    } catch (cause) {
      const { message } = asCairnError(cause);
      throw new CairnError('config-unreadable', `${statePath} cannot be used: ${message}`, { hint: RESTORE, cause });
    }
  }

  appendRound(report: RoundReport): Promise<void> {
    return this.#journal.append(report);
  }

  listRounds(task: string): Promise<readonly RoundReport[]> {
    return Promise.resolve(this.#journal.reports.filter((report) => report.task === task));
  }

  #modelPath(hash: string): string {
    return join(this.#folder, 'models', `${hash}.safetensors`);
  }

  #taskPath(name: string): string {
    return join(this.#folder, 'tasks', name);
  }

  #remember(hash: string, bytes: Uint8Array): void {
    this.#cache.delete(hash);
    this.#cache.set(hash, bytes);
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= CACHED) break;
      this.#cache.delete(oldest);
    }
  }

  /** Removes the vectors of earlier records; the record that stands names the one it needs. */
  async #removeStates(task: string, kept: string | undefined): Promise<void> {
    const ours = new RegExp(`^${task.replaceAll('.', '\\.')}\\.\\d+\\.[0-9a-f]{8}\\.state\\.safetensors$`);
    const names = await readdir(join(this.#folder, 'tasks'));
    for (const name of names) {
      if (name === kept || !ours.test(name)) continue;
      this.#states.delete(name);
      await rm(this.#taskPath(name), { force: true });
    }
  }
}

function encodeState(state: StrategyState): Uint8Array[] {
  return safetensorsParts(
    state,
    Object.fromEntries(Object.entries(state).map(([name, { length }]) => [name, [length]])),
  );
}

/** @throws CairnError `config-unreadable` for a file that is there and cannot be read */
async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new CairnError('config-unreadable', `${path} cannot be read (${code ?? 'unknown reason'})`, {
      hint: 'check what it is and whose; the coordinator must be able to read it',
      cause,
    });
  }
}
