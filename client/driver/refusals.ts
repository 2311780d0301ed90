import type { CairnError, ErrorCode } from '../../protocol/errors.ts';

/**
 * Refusals of a round that end the participation: no later round could go differently, whatever the coordinator, the
 * other members or the next training do, and continuing would only hide it. Everything else is refused for that round
 * alone. docs/configuration.md lists everything that ends a client.
 */
export const ENDING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['memory-lost']);

/** Maximum number of tasks, and of causes per task, that are remembered. Their names come from the coordinator. */
const MAX_TASKS = 64;
const MAX_CAUSES = 64;

/**
 * Remembers the causes for which a client has refused rounds of each task, so that one is reported only when it is new.
 */
export class Refusals {
  /** In the order in which the tasks were last refused. */
  readonly #causes = new Map<string, Set<string>>();

  /** Records a refusal. @returns whether the same one was recorded since the task's last round that was not refused */
  isRepeated(task: string, { code, message }: Pick<CairnError, 'code' | 'message'>): boolean {
    const causes = this.#causes.get(task) ?? new Set();
    this.#causes.delete(task);
    this.#causes.set(task, causes);
    for (const oldest of this.#causes.keys()) if (this.#causes.size > MAX_TASKS) this.#causes.delete(oldest);
    const cause = `${code} ${message}`;
    const repeated = causes.delete(cause);
    causes.add(cause);
    for (const oldest of causes) if (causes.size > MAX_CAUSES) causes.delete(oldest);
    return repeated;
  }

  /** A round of the task in which this client took part has ended: its next refusal is news. */
  forget(task: string): void {
    this.#causes.delete(task);
  }
}
