import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { TaskConfig } from '../config/index.ts';
import type { RoundReport } from '../report.ts';
import { Bench } from './bench.ts';
import { chooseCohort, drawIndependently, invitations } from './cohort.ts';
import type { TaskHost } from './host.ts';
import type { Suspect } from './suspects.ts';
import type { TaskPrivacy } from './task-privacy.ts';

/** Longest time that a timer takes. */
const MOST_MS = 2 ** 31 - 1;

/** What the selection of a task's members is made with. */
export interface SelectionOptions {
  readonly task: TaskConfig;
  readonly host: Pick<TaskHost, 'seats' | 'random' | 'log'>;
  /** The task's accountant, which says whether and how members are drawn by chance. */
  readonly privacy: TaskPrivacy | undefined;
}

/** Whom a task invites: it waits for enough members, chooses among them, and leaves out those that spoilt a round. */
export class Selection {
  readonly #options: SelectionOptions;
  readonly #bench: Bench;
  /** Whose updates are in a sum that gave no new model. */
  #repeat: readonly MemberId[] = [];

  constructor(options: SelectionOptions) {
    this.#options = options;
    const { benchAttempts: attempts, benchMinutes: minutes } = options.task;
    this.#bench = new Bench({ attempts, minutes, now: () => performance.now() });
  }

  /** Members that may be invited now. */
  get idle(): MemberId[] {
    const { host, task } = this.#options;
    return this.#bench.without(host.seats.idle(task.name));
  }

  /**
   * Waits until enough members are idle, and not too many where they are drawn.
   * @returns false where the task is stopped
   * @throws CairnError `not-enough-clients`
   */
  async quorum(stopping: AbortSignal): Promise<boolean> {
    const { name, quorum, quorumTimeout, minCohort, cohort } = this.#options.task;
    let warned = false;
    const late = quorumTimeout === 0 ? undefined : AbortSignal.timeout(quorumTimeout * 1000);
    const waiting = late === undefined ? stopping : AbortSignal.any([stopping, late]);
    for (;;) {
      if (stopping.aborted) return false;
      const { length: members } = this.idle;
      const enough = members >= quorum;
      if (enough && this.#drawable(members)) return true;
      if (enough && !warned) this.#unsuitable(members);
      warned ||= enough;
      if (late?.aborted === true) {
        const asked = enough ? `of whom draws do not have ${minCohort} to ${cohort}` : `the quorum is ${quorum}`;
        throw new CairnError(
          'not-enough-clients',
          `task "${name}": ${members} clients are there after ${quorumTimeout} s, ${asked}`,
        );
      }
      await this.#change(waiting);
    }
  }

  /**
   * Who is invited, in random order: a cohort and some more, or whom chance draws; undefined where a quorum is there no
   * more, or too many to draw from.
   */
  choose(): readonly MemberId[] | undefined {
    const { task, host, privacy } = this.#options;
    const { idle } = this;
    if (idle.length < task.quorum || !this.#drawable(idle.length)) return undefined;
    if (privacy?.sampling !== undefined) return drawIndependently(idle, privacy.sampling, host.random);
    const there = new Set(idle);
    if (this.#repeat.length > 0 && this.#repeat.every((member) => there.has(member)))
      return chooseCohort(this.#repeat, this.#repeat.length, host.random);
    return chooseCohort(idle, invitations(task.cohort, task.overSelect), host.random);
  }

  /**
   * An attempt has opened a sum of these members and there is no new model. The next one invites just them, if they are all
   * there: clients refuse a second sum from the same model with other members, unless many differ.
   */
  repeat(members: readonly MemberId[]): void {
    this.#repeat = members;
  }

  /** Whether a round can be run with so many, where they were drawn; the log says so where it cannot. */
  suits({ length: members }: readonly MemberId[]): boolean {
    const { task, privacy } = this.#options;
    if (privacy?.sampling === undefined || (members >= task.minCohort && members <= task.cohort)) return true;
    this.#unsuitable(members);
    return false;
  }

  /** Benches those whom an attempt speaks against. */
  judge(suspects: readonly Suspect[], { task, round, attempt }: RoundReport): Pick<RoundReport, 'benched'> {
    const benched = this.#bench.judge(suspects);
    for (const { member, reason, attempts } of benched) {
      this.#options.host.log.warn('member-benched', { task, round, attempt, member, code: reason, attempts });
    }
    return benched.length === 0 ? {} : { benched };
  }

  /**
   * Whether a draw from so many hardly ever has too few members, or too many. Others would tell who was drawn, and be paid
   * for in vain; who is there is known to all, so that not to draw costs nothing.
   */
  #drawable(idle: number): boolean {
    return this.#options.privacy?.drawable(idle) ?? true;
  }

  #unsuitable(members: number): void {
    const { host, task } = this.#options;
    host.log.warn('draw-unsuitable', { task: task.name, members });
  }

  /** Resolves when somebody comes, goes or is let in again, or when the signal is aborted. */
  async #change(signal: AbortSignal): Promise<void> {
    const returns = this.#bench.nextReturn;
    const enough = new AbortController();
    const timer = returns === undefined ? undefined : setTimeout(() => enough.abort(), Math.min(returns, MOST_MS));
    await this.#options.host.seats.change(AbortSignal.any([signal, enough.signal]));
    clearTimeout(timer);
  }
}
