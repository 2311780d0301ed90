import type { MemberId } from '../../protocol/ids.ts';
import type { TaskConfig } from '../config/index.ts';
import type { WaitingEvent } from '../events.ts';
import type { TaskHost } from './host.ts';

/** Maximum size of a directory for listing which of its members are awaited: a longer list helps no reader. */
const MAX_AWAITED = 100;

/** Maximum number of members remembered as having been present, and so of those reported as gone. */
const MAX_SEEN = 65_536;

/** What a waiting task reports, without its name and round. */
export type WaitingView = Omit<WaitingEvent, 'task' | 'round'>;

const LISTS = ['present', 'missing', 'gone'] as const satisfies readonly (keyof WaitingView)[];
const VALUES = ['for', 'leftOut', 'needed', 'fewest', 'timeouts'] as const satisfies readonly (keyof WaitingView)[];

/**
 * Thousands may come one after another: lists that differ in length, as they then do, are not compared element by
 * element.
 */
const isSame = (a: WaitingView, b: WaitingView): boolean =>
  VALUES.every((key) => a[key] === b[key]) &&
  LISTS.every((key) => a[key].length === b[key].length && a[key].every((member, i) => member === b[key][i]));

/** What is known about a wait at one moment. */
interface Look {
  readonly for: WaitingEvent['for'];
  readonly present: readonly MemberId[];
  readonly leftOut: number;
  readonly needed: number;
  readonly fewest: number;
  /** Members missing from a set. */
  readonly missing: readonly MemberId[];
}

/**
 * How a task waits for members: for how long, for which ones, and which will not come back. It reports every change
 * once.
 */
export class Waiting {
  readonly #task: TaskConfig;
  readonly #host: Pick<TaskHost, 'seats' | 'members'>;
  readonly #tell: ((view: WaitingView) => void) | undefined;
  readonly #seen = new Set<MemberId>();
  #late: AbortSignal | undefined;
  #timeouts = 0;
  #told: WaitingView | undefined;

  constructor(
    task: TaskConfig,
    host: Pick<TaskHost, 'seats' | 'members'>,
    tell: ((view: WaitingView) => void) | undefined,
  ) {
    this.#task = task;
    this.#host = host;
    this.#tell = tell;
  }

  /** Whether the task no longer waits for the quorum: the members present are enough, if `minCohort` is met. */
  get isLowered(): boolean {
    return this.#timeouts > 0 && this.#task.afterQuorumTimeout === 'run';
  }

  /** A wait begins, which may be over at once. */
  begin(): void {
    this.#timeouts = 0;
    this.#told = undefined;
    this.#restart();
  }

  /** Aborted when it is time to check again, if nothing happens before. */
  until(stopping: AbortSignal): AbortSignal {
    return this.#late === undefined ? stopping : AbortSignal.any([stopping, this.#late]);
  }

  /** Whether `quorumTimeout` has passed since the wait began, or since this last returned true. */
  get passed(): boolean {
    if (this.#late?.aborted !== true) return false;
    this.#timeouts++;
    this.#restart();
    return true;
  }

  /** These members are present. */
  see(present: readonly MemberId[]): void {
    for (const member of present) this.#seen.add(member);
    if (this.#seen.size > MAX_SEEN) this.#forgetGone();
  }

  /** A round begins: members that are absent from it are no longer reported as gone. */
  over(): void {
    this.#forgetGone();
  }

  /** Reports the current view, unless it equals the last report. */
  tell(look: Look): void {
    if (this.#tell === undefined) return;
    const { seats } = this.#host;
    const view = {
      ...look,
      missing: look.missing.length > 0 ? look.missing : this.#absent(look.present),
      gone: [...this.#seen].filter((member) => !seats.has(member)).sort((a, b) => a - b),
      timeouts: this.#timeouts,
      quorumTimeout: this.#task.quorumTimeout,
    };
    if (this.#told !== undefined && isSame(this.#told, view)) return;
    this.#told = view;
    this.#tell(view);
  }

  #absent(present: readonly MemberId[]): MemberId[] {
    const { members, seats } = this.#host;
    const there = new Set(present);
    const enrolled = members.enrolledFor(this.#task.name, MAX_AWAITED) ?? [];
    return enrolled.filter((member) => !there.has(member) && !seats.has(member));
  }

  #forgetGone(): void {
    for (const member of this.#seen) if (!this.#host.seats.has(member)) this.#seen.delete(member);
  }

  #restart(): void {
    const { quorumTimeout } = this.#task;
    this.#late = quorumTimeout === 0 ? undefined : AbortSignal.timeout(quorumTimeout * 1000);
  }
}
