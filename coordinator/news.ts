import { fromHex } from '../protocol/crypto/index.ts';
import { newsOfFailure, type NewsState, type TaskNewsFields } from '../protocol/wire/index.ts';
import type { Seats } from './gateway/index.ts';
import type { Seat } from './gateway/seat.ts';
import type { TaskStanding } from './rounds/index.ts';

/** Minimum milliseconds between news of one task, except for its end, however many members come and go. */
const PAUSE_MS = 1000;

const OVER: ReadonlySet<NewsState> = new Set<NewsState>(['finished', 'failed', 'stopped', 'budget-spent']);

/** What news is made from. */
export interface NewsOptions {
  readonly seats: Pick<Seats, 'there'>;
  /** The current state of each task. */
  readonly standings: () => readonly TaskStanding[];
  /** Whether one of the tasks draws members at random: then members learn only the error code of a failed task. */
  readonly draws: boolean;
}

/**
 * Tells seated members the state of their tasks: how many are present and how many are waited for, and how a task
 * ended. News is composed when it is sent, so that late news is never outdated.
 */
export class News {
  readonly #options: NewsOptions;
  /** The last news sent to each seat about each task, since it was welcomed. */
  readonly #told = new WeakMap<Seat, Map<string, string>>();
  /** When news of a task was last sent, by the clock of `performance.now()`. */
  readonly #last = new Map<string, number>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #closed = false;

  constructor(options: NewsOptions) {
    this.#options = options;
  }

  /**
   * A connection has its seat: it is told about each of its tasks, unfinished ones first. A client that names no task
   * sees from the first one whether there is anything to wait for.
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

  /** A member came, left, or may take part in other tasks than before. */
  seatsChanged(): void {
    for (const { task } of this.#options.standings()) this.#soon(task);
  }

  /** A task's state has changed: its end is announced at once. */
  stands(task: string): void {
    const standing = this.#options.standings().find((one) => one.task === task);
    if (standing !== undefined && OVER.has(standing.state)) this.#now(task);
    else this.#soon(task);
  }

  /** Sends no more news. */
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

  /** @returns whether that was new to it */
  #tell(seat: Seat, standing: TaskStanding, seated: number): boolean {
    const { task, state, round } = standing;
    // The number of members present does not matter once a task has ended.
    const content = [state, round, standing.modelHash, ...(OVER.has(state) ? [] : [seated])].join(' ');
    const told = this.#told.get(seat) ?? new Map<string, string>();
    if (told.get(task) === content) return false;
    this.#told.set(seat, told.set(task, content));
    seat.tell(fieldsOf(standing, seated, this.#options.draws));
    return true;
  }
}

function fieldsOf({ error, modelHash, ...standing }: TaskStanding, seated: number, draws: boolean): TaskNewsFields {
  // A failure's message has numbers of members, which would tell those not drawn how many were: see `shownWhere`.
  const told = error && (draws ? { code: error.code, message: '' } : error);
  const reason = told === undefined ? { code: '', message: '' } : newsOfFailure(told);
  return { ...standing, seated, modelHash: fromHex(modelHash), ...reason };
}
