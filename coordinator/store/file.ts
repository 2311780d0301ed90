import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { decodeSafetensors, safetensorsParts } from '../../protocol/model/index.ts';
import type { RoundReport } from '../report.ts';
import { openFolder, readIfThere, writeAtomically } from '../../platform/index.ts';
import { Claims } from './claims.ts';
import { FolderLock } from './folder-lock.ts';
import type { StrategyState } from '../../learning/index.ts';
import { Journal } from './journal.ts';
import { modelHashOf } from './hash.ts';
import { pageOf } from './page.ts';
import { recordFrom, RESTORE, type SavedTask } from './record.ts';
import type { Lease, RoundPage, Store, TaskRecord } from './types.ts';

/** Models kept in memory, since all clients of a round fetch the same one. */
const CACHED = 2;

/**
 * A store in a folder: `models/<sha256>.safetensors`, `tasks/<name>.json` with the strategy's vectors next to it,
 * `rounds.jsonl`, and `latest/<name>.safetensors`, a copy of each task's model for users and other programs. A task's
 * record is replaced by one rename, at which moment a round is committed.
 */
export class FileStore implements Store {
  readonly #folder: string;
  readonly #journal: Journal;
  readonly #cache = new Map<string, Uint8Array>();
  /** Models being read or still in use: slow downloads of an old model share one copy. */
  readonly #shared = new Map<string, Promise<Uint8Array | undefined> | WeakRef<Uint8Array>>();
  /** The vectors in each state file: passing the same object again means the same values. */
  readonly #states = new Map<string, StrategyState>();

  #claims = new Claims();
  readonly #folderLock: FolderLock;

  private constructor(folder: string, journal: Journal, lock: FolderLock) {
    this.#folder = folder;
    this.#journal = journal;
    this.#folderLock = lock;
  }

  /**
   * Opens a store without locking its folder, which is locked for this process as long as there is a claim.
   * @throws CairnError `folder-unwritable`, or `config-unreadable` for a damaged journal
   */
  static async open(folder: string): Promise<FileStore> {
    return new FileStore(folder, await journalIn(folder), new FolderLock(folder));
  }

  /**
   * Opens a store for a coordinator: the folder is locked for this process before anything is read, until the store is
   * closed.
   * @throws CairnError `folder-unwritable` if another process has locked it, or `config-unreadable` for a damaged
   * journal
   */
  static async openLocked(folder: string): Promise<FileStore> {
    const lock = new FolderLock(folder);
    await lock.hold();
    try {
      return new FileStore(folder, await journalIn(folder), lock);
    } catch (thrown) {
      await lock.close();
      throw thrown;
    }
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
    const bytes = await readAt(this.#modelPath(hash));
    if (bytes === undefined) return undefined;
    if ((await modelHashOf(bytes)) !== hash) {
      const path = this.#modelPath(hash);
      throw new CairnError(
        'model-malformed',
        `${path} does not match the hash in its name: it was truncated or modified`,
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
    // Most records of a round differ from the previous one only in what is pending, and the vectors may be long.
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
    const bytes = await readAt(path);
    if (bytes === undefined) return undefined;
    const { stateFile, record } = recordFrom(path, task, bytes);
    if (stateFile === undefined) return record;
    const state = await readAt(this.#taskPath(stateFile));
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

  async listRounds(task: string, page?: RoundPage): Promise<readonly RoundReport[]> {
    return Promise.resolve(
      pageOf(
        this.#journal.reports.filter((report) => report.task === task),
        page,
      ),
    );
  }

  async listTasks(): Promise<readonly string[]> {
    const names = await readdir(join(this.#folder, 'tasks'));
    return names.flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : [])).sort();
  }

  /** @throws CairnError `task-claimed`; `folder-unwritable` if another process has locked the folder */
  async claim(task: string, holder: string): Promise<Lease> {
    const claims = this.#claims;
    await this.#folderLock.hold();
    try {
      const lease = claims.take(task, holder);
      let isReleased = false;
      return {
        release: async () => {
          if (isReleased) return;
          isReleased = true;
          await lease.release();
          await this.#folderLock.letGo();
        },
      };
    } catch (thrown) {
      await this.#folderLock.letGo();
      throw thrown;
    }
  }

  async close(): Promise<void> {
    // Releasing an old lease must not affect new ones.
    this.#claims = new Claims();
    await this.#folderLock.close();
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

  /** Removes the vectors of earlier records; the current record names the file that it needs. */
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

/** Creates missing folders, and reads the reports. */
async function journalIn(folder: string): Promise<Journal> {
  for (const part of ['', 'models', 'tasks', 'latest']) await openFolder(join(folder, part));
  return Journal.open(join(folder, 'rounds.jsonl'));
}

function encodeState(state: StrategyState): Uint8Array[] {
  return safetensorsParts(
    state,
    Object.fromEntries(Object.entries(state).map(([name, { length }]) => [name, [length]])),
  );
}

/** @throws CairnError `config-unreadable` for a file that exists but cannot be read */
const readAt = (path: string): Promise<Uint8Array | undefined> =>
  readIfThere(
    path,
    (cause) =>
      new CairnError('config-unreadable', `${path} cannot be read (${cause.code ?? 'unknown reason'})`, {
        hint: 'check its type and permissions; the coordinator must be able to read it',
        cause,
      }),
  );
