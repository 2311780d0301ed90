import type { RoundReport } from '../report.ts';
import { Claims } from './claims.ts';
import { modelHashOf } from './hash.ts';
import { pageOf } from './page.ts';
import type { Lease, RoundPage, Store, TaskRecord } from './types.ts';

/** A store for tests and simulations: everything is lost when its process ends. */
export class MemoryStore implements Store {
  readonly #models = new Map<string, Uint8Array>();
  readonly #tasks = new Map<string, TaskRecord>();
  readonly #rounds: RoundReport[] = [];
  #claims = new Claims();

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

  async listRounds(task: string, page?: RoundPage): Promise<readonly RoundReport[]> {
    return Promise.resolve(
      pageOf(
        this.#rounds.filter((report) => report.task === task),
        page,
      ),
    );
  }

  listTasks(): Promise<readonly string[]> {
    return Promise.resolve([...this.#tasks.keys()].sort());
  }

  async claim(task: string, holder: string): Promise<Lease> {
    return Promise.resolve(this.#claims.take(task, holder));
  }

  close(): Promise<void> {
    // Releasing an old lease must not affect new ones.
    this.#claims = new Claims();
    return Promise.resolve();
  }
}
