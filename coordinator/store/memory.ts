import type { RoundReport } from '../report.ts';
import { modelHashOf } from './hash.ts';
import type { Store, TaskRecord } from './types.ts';

/** A store for tests and simulations: it forgets everything with its process. */
export class MemoryStore implements Store {
  readonly #models = new Map<string, Uint8Array>();
  readonly #tasks = new Map<string, TaskRecord>();
  readonly #rounds: RoundReport[] = [];

  async putModel(bytes: Uint8Array): Promise<string> {
    const copy = new Uint8Array(bytes.length);
    const hash = await modelHashOf(bytes, copy);
    this.#models.set(hash, copy);
    return hash;
  }

  getModel(hash: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#models.get(hash));
  }

  saveTask(record: TaskRecord): Promise<void> {
    this.#tasks.set(record.task, record);
    return Promise.resolve();
  }

  loadTask(task: string): Promise<TaskRecord | undefined> {
    return Promise.resolve(this.#tasks.get(task));
  }

  appendRound(report: RoundReport): Promise<void> {
    this.#rounds.push(report);
    return Promise.resolve();
  }

  listRounds(task: string): Promise<readonly RoundReport[]> {
    return Promise.resolve(this.#rounds.filter((report) => report.task === task));
  }
}
