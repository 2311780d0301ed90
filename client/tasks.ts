import { toHex } from '../protocol/crypto/index.ts';
import { isErrorCode } from '../protocol/errors.ts';
import { printable } from '../protocol/printable.ts';
import { LIMITS, type NewsState, type TaskNewsFields } from '../protocol/wire/index.ts';
import type { TaskEnd, TaskEvent } from './events.ts';

/** Milliseconds between two events about one task, but for its end: a coordinator may send news as fast as it likes. */
const PAUSE_MS = 250;

const ENDED: ReadonlySet<NewsState> = new Set<NewsState>(['finished', 'failed', 'budget-spent']);

/** Whether a task runs no more rounds, whatever becomes of its coordinator. */
export const hasEnded = (state: NewsState): boolean => ENDED.has(state);

interface Known {
  event: TaskEvent;
  /** What its user was told last. */
  told: TaskEvent | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * What the coordinator has said of the tasks that a client is there for. It is its word and no proof, so nothing follows from
 * it but what the client shows, and when it leaves.
 */
export class Tasks {
  readonly #named: readonly string[];
  readonly #emit: (event: TaskEvent) => void;
  readonly #known = new Map<string, Known>();

  /**
   * @param named tasks that the client offers itself for; none named is all
   * @param emit told of what changes, at most a few times a second for each task
   */
  constructor(named: readonly string[], emit: (event: TaskEvent) => void) {
    this.#named = named;
    this.#emit = emit;
  }

  /** Takes news. @returns whether they are about a task that the client is there for */
  take(news: TaskNewsFields): boolean {
    const { task } = news;
    if (this.#named.length > 0 && !this.#named.includes(task)) return false;
    if (!this.#known.has(task) && this.#known.size >= LIMITS.tasks) return false;
    const event = eventOf(news);
    const known = this.#known.get(task) ?? { event, told: undefined, timer: undefined };
    this.#known.set(task, known);
    known.event = event;
    const isEnd = event.state !== known.told?.state && (hasEnded(event.state) || event.state === 'stopped');
    // Not even ends without limit: who says by turns that a task ends and that it does not is heard as often as others.
    if (known.timer === undefined || (isEnd && known.told !== undefined && !hasEnded(known.told.state)))
      this.#tell(known);
    return true;
  }

  /** Whether nothing is left to take part in. */
  get ended(): boolean {
    const tasks = this.#named.length > 0 ? this.#named : [...this.#known.keys()];
    return tasks.length > 0 && tasks.every((task) => this.#is(task, hasEnded));
  }

  /** Whether nothing is left to take part in before the coordinator comes back. */
  get stopped(): boolean {
    const states = [...this.#known.values()].map(({ event }) => event.state);
    return states.includes('stopped') && states.every((state) => state === 'stopped' || hasEnded(state));
  }

  /** How each task stands that was heard of. */
  get ends(): readonly TaskEnd[] {
    return [...this.#known.values()].map(({ event: { task, state, round, modelHash, code } }) => ({
      ...{ task, state, round, modelHash },
      ...(code === undefined ? {} : { code }),
    }));
  }

  /** Tells what has not been told, and nothing more. */
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

  /** Tells of a task, and then of no change for a while; the last of those is told after it. */
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
