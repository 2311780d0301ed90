import { fromHex } from '../protocol/crypto/index.ts';
import { newsOfFailure, type NewsState, type TaskNewsFields } from '../protocol/wire/index.ts';
import type { Seats } from './gateway/index.ts';
import type { Seat } from './gateway/seat.ts';
import type { TaskStanding } from './rounds/index.ts';

/** Least number of milliseconds between news of one task, but for its end, however many come and go. */
const PAUSE_MS = 1000;

const OVER: ReadonlySet<NewsState> = new Set<NewsState>(['finished', 'failed', 'stopped', 'budget-spent']);

/** What news are made from. */
export interface NewsOptions {
  readonly seats: Pick<Seats, 'there'>;
  /** Where each task stands now. */
  readonly standings: () => readonly TaskStanding[];
  /** Whether one of the tasks draws members by chance: then nobody is told more than why a task failed by its code. */
  readonly draws: boolean;
}

/**
 * Tells those who are seated where their tasks stand: who is there and how many are waited for, and how a task ended.
 * News are made when they go out, so that what is late is never what was true before.
 */
export class News {
  readonly #options: NewsOptions;
  /** What each seat was told last of each task, since it was welcomed. */
  readonly #told = new WeakMap<Seat, Map<string, string>>();
  /** When a task was in the news last, by the clock of `performance.now()`. */
  readonly #last = new Map<string, number>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #closed = false;

  constructor(options: NewsOptions) {
    this.#options = options;
  }

  /**
   * A connection has its seat: it is told of each of its tasks, first of those that go on. Whoever names no task reads off
   * the first one whether there is anything to wait for.
   */
  welcomed(seat: Seat): void {
    this.#told.delete(seat);
    const standings = this.#options.standings();
    for (const over of [false, true]) {
      for (const standing of standings.filter(({ state }) => OVER.has(state) === over)) {
        const there = this.#options.seats.there(standing.task);
        if (there.includes(seat)) this.#tell(seat, standing, there.length);
      }
    }
  }

  /** Somebody came, went, or may take part in more or less than before. */
  seatsChanged(): void {
    for (const { task } of this.#options.standings()) this.#soon(task);
  }

  /** A task stands elsewhere than before: an end is told at once. */
  stands(task: string): void {
    const standing = this.#options.standings().find((one) => one.task === task);
    if (standing !== undefined && OVER.has(standing.state)) this.#now(task);
    else this.#soon(task);
  }

  /** Tells nobody anything more. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #soon(task: string): void {
    if (this.#closed || this.#timers.has(task)) return;
    const wait = (this.#last.get(task) ?? -PAUSE_MS) + PAUSE_MS - performance.now();
    if (wait <= 0) this.#now(task);
    else
      this.#timers.set(
        task,
        setTimeout(() => this.#now(task), Math.ceil(wait)),
      );
  }

  #now(task: string): void {
    clearTimeout(this.#timers.get(task));
    this.#timers.delete(task);
    const standing = this.#options.standings().find((one) => one.task === task);
    if (standing === undefined || this.#closed) return;
    const there = this.#options.seats.there(task);
    const told = there.filter((seat) => this.#tell(seat, standing, there.length));
    if (told.length > 0) this.#last.set(task, performance.now());
  }

  /** @returns whether that was news to it */
  #tell(seat: Seat, standing: TaskStanding, seated: number): boolean {
    const { task, state, round } = standing;
    // Who else is there is of no interest once a task has ended.
    const content = [state, round, standing.modelHash, ...(OVER.has(state) ? [] : [seated])].join(' ');
    const told = this.#told.get(seat) ?? new Map<string, string>();
    if (told.get(task) === content) return false;
    this.#told.set(seat, told.set(task, content));
    seat.tell(fieldsOf(standing, seated, this.#options.draws));
    return true;
  }
}

function fieldsOf({ error, modelHash, ...standing }: TaskStanding, seated: number, draws: boolean): TaskNewsFields {
  // The words of a failure have numbers of members, which tell who was not drawn how many were: see `shownWhere`.
  const told = error && (draws ? { code: error.code, message: '' } : error);
  const reason = told === undefined ? { code: '', message: '' } : newsOfFailure(told);
  return { ...standing, seated, modelHash: fromHex(modelHash), ...reason };
}
