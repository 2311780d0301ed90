import { toHex } from '../protocol/crypto/index.ts';
import { isErrorCode } from '../protocol/errors.ts';
import { printable } from '../protocol/printable.ts';
import { LIMITS, type NewsState, type TaskNewsFields } from '../protocol/wire/index.ts';
import type { TaskEnd, TaskEvent } from './events.ts';

/** Milliseconds between two events about one task, except its end: a coordinator may send news as fast as it likes. */
const PAUSE_MS = 250;

const ENDED: ReadonlySet<NewsState> = new Set<NewsState>(['finished', 'failed', 'budget-spent']);

/** Whether a task runs no more rounds, whatever happens to its coordinator. */
export const hasEnded = (state: NewsState): boolean => ENDED.has(state);

interface Known {
  event: TaskEvent;
  /** The last event reported to the user. */
  told: TaskEvent | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * What the coordinator has said about a client's tasks. It is a claim and not a proof, so it only affects what the
 * client shows, and when it leaves.
 */
export class Tasks {
  readonly #named: readonly string[];
  readonly #emit: (event: TaskEvent) => void;
  readonly #known = new Map<string, Known>();

  /**
   * @param named tasks that the client offers itself for; empty means all
   * @param emit called for changes, at most a few times a second per task
   */
  constructor(named: readonly string[], emit: (event: TaskEvent) => void) {
    this.#named = named;
    this.#emit = emit;
  }

  /** Takes news. @returns whether they are about one of the client's tasks */
  take(news: TaskNewsFields): boolean {
    const { task } = news;
    if (this.#named.length > 0 && !this.#named.includes(task)) return false;
    if (!this.#known.has(task) && this.#known.size >= LIMITS.tasks) return false;
    const event = eventOf(news);
    const known = this.#known.get(task) ?? { event, told: undefined, timer: undefined };
    this.#known.set(task, known);
    known.event = event;
    const isEnd = event.state !== known.told?.state && (hasEnded(event.state) || event.state === 'stopped');
    // Even ends are limited: a coordinator that says alternately that a task ends and that it does not is heard no more
    // often than others.
    if (known.timer === undefined || (isEnd && known.told !== undefined && !hasEnded(known.told.state)))
      this.#tell(known);
    return true;
  }

  /** Whether there is nothing left to take part in. */
  get ended(): boolean {
    const tasks = this.#named.length > 0 ? this.#named : [...this.#known.keys()];
    return tasks.length > 0 && tasks.every((task) => this.#is(task, hasEnded));
  }

  /** Whether there is nothing left to take part in until the coordinator comes back. */
  get stopped(): boolean {
    const states = [...this.#known.values()].map(({ event }) => event.state);
    return states.includes('stopped') && states.every((state) => state === 'stopped' || hasEnded(state));
  }

  /** The state of each task that news arrived about. */
  get ends(): readonly TaskEnd[] {
    return [...this.#known.values()].map(({ event: { task, state, round, modelHash, code } }) => ({
      ...{ task, state, round, modelHash },
      ...(code === undefined ? {} : { code }),
    }));
  }

  /** Reports what has not been reported yet, and nothing after that. */
  close(): void {
    for (const known of this.#known.values()) {
      clearTimeout(known.timer);
      this.#tellNow(known);
      clearTimeout(known.timer);
    }
  }

  #is(task: string, holds: (state: NewsState) => boolean): boolean {
    const known = this.#known.get(task);
    return known !== undefined && holds(known.event.state);
  }

  /** Reports a task, and then no change for a while; the latest change is reported after that. */
  #tell(known: Known): void {
    clearTimeout(known.timer);
    known.timer = undefined;
    if (!this.#tellNow(known)) return;
    known.timer = setTimeout(() => {
      known.timer = undefined;
      this.#tell(known);
    }, PAUSE_MS);
  }

  #tellNow(known: Known): boolean {
    const { event, told } = known;
    if (told !== undefined && isSame(event, told)) return false;
    known.told = event;
    this.#emit(event);
    return true;
  }
}

function eventOf({ modelHash, code, message, ...news }: TaskNewsFields): TaskEvent {
  const { task, state, round, rounds, seated, needed } = news;
  return {
    ...{ kind: 'task', task, state, round, rounds, seated, needed, modelHash: toHex(modelHash) },
    ...(isErrorCode(code) ? { code } : {}),
    ...(code === '' ? {} : { message: printable(message) }),
  };
}

const isSame = (a: TaskEvent, b: TaskEvent): boolean =>
  (Object.keys(a) as (keyof TaskEvent)[]).every((key) => a[key] === b[key]);
