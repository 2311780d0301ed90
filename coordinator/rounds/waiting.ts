import type { MemberId } from '../../protocol/ids.ts';
import type { TaskConfig } from '../config/index.ts';
import type { WaitingEvent } from '../events.ts';
import type { TaskHost } from './host.ts';

/** Members of a directory up to which it is told who of it is awaited: of more the list helps nobody. */
const MAX_AWAITED = 100;

/** Members that are remembered as having been there; of those that are gone no more than this are told of. */
const MAX_SEEN = 65_536;

/** What a task that waits tells, but for its name and round. */
export type WaitingView = Omit<WaitingEvent, 'task' | 'round'>;

const LISTS = ['present', 'missing', 'gone'] as const satisfies readonly (keyof WaitingView)[];
const VALUES = ['for', 'leftOut', 'needed', 'fewest', 'timeouts'] as const satisfies readonly (keyof WaitingView)[];

/** Thousands may come one after another: lists of other lengths, as they are then, are not compared to their ends. */
const isSame = (a: WaitingView, b: WaitingView): boolean =>
  VALUES.every((key) => a[key] === b[key]) &&
  LISTS.every((key) => a[key].length === b[key].length && a[key].every((member, i) => member === b[key][i]));

/** What is known of a wait at one moment. */
interface Look {
  readonly for: WaitingEvent['for'];
  readonly present: readonly MemberId[];
  readonly leftOut: number;
  readonly needed: number;
  readonly fewest: number;
  /** Of a set. */
  readonly missing: readonly MemberId[];
}

/** How a task waits for members: how long already, for whom, and who will not come back. It tells every change once. */
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

  /** Whether the quorum is not waited for any more: who is there is enough, if `minCohort` is content. */
  get isLowered(): boolean {
    return this.#timeouts > 0 && this.#task.afterQuorumTimeout === 'run';
  }

  /** A wait begins, which may be over at once. */
  begin(): void {
    this.#timeouts = 0;
    this.#told = undefined;
    this.#restart();
  }

  /** Aborted when it is to be looked again, if nothing happens before. */
  until(stopping: AbortSignal): AbortSignal {
    return this.#late === undefined ? stopping : AbortSignal.any([stopping, this.#late]);
  }

  /** Whether `quorumTimeout` has passed since the wait began, or since it was asked last and had. */
  get passed(): boolean {
    if (this.#late?.aborted !== true) return false;
    this.#timeouts++;
    this.#restart();
    return true;
  }

  /** These members are there. */
  see(present: readonly MemberId[]): void {
    for (const member of present) this.#seen.add(member);
    if (this.#seen.size > MAX_SEEN) this.#forgetGone();
  }

  /** A round begins: whoever is not there for it is missed no more. */
  over(): void {
    this.#forgetGone();
  }

  /** Tells how it stands, if that is not what was told last. */
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
