import { roundParameters, shareOf } from '../../protocol/aggregation/parameters/index.ts';
import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { RoundReport } from '../report.ts';
import { Bench } from './bench.ts';
import { DRAWS_PER_ROUND, type TaskConfig } from '../config/index.ts';
import { chooseCohort, drawIndependently, invitations } from './cohort.ts';
import type { TaskHost } from './host.ts';
import { Quarrels, quarrelsIn } from './quarrels.ts';
import type { Suspect } from './suspects.ts';
import type { TaskPrivacy } from './task-privacy.ts';

/** Faults that are one side of a quarrel. */
const OF_SHARES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['share-undecryptable', 'share-false']);

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
  readonly #quarrels: Quarrels;
  /** Who sits out of the attempt for which members were chosen last. */
  #satOut: readonly MemberId[] = [];
  /** Who was drawn by chance and paid for, while no sum of them was opened. */
  #draw: readonly MemberId[] | undefined;
  /** Whether a draw is paid for that was not made. */
  #paid = false;
  /** Draws that were paid for since a round committed. */
  #draws = 0;
  /** Whose updates are in a sum that gave no new model. */
  #repeat: readonly MemberId[] = [];

  constructor(options: SelectionOptions) {
    this.#options = options;
    const { benchAttempts: attempts, benchMinutes: minutes, colluding } = options.task;
    this.#bench = new Bench({ attempts, minutes, now: () => performance.now() });
    this.#quarrels = new Quarrels(colluding);
  }

  /** Members that may be invited now. */
  get idle(): MemberId[] {
    return this.#bench.without(this.#there);
  }

  /** The same, and those that are left out: for the quorum they count, and the round goes on as if they had dropped out. */
  get #there(): MemberId[] {
    const { host, task } = this.#options;
    return host.seats.idle(task.name);
  }

  /** Fewest members with which an attempt may begin. */
  get #fewest(): number {
    const { minCohort, groups } = this.#options.task;
    return minCohort * (groups?.count ?? 1);
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
      const { length: there } = this.#there;
      const { length: members } = this.idle;
      const enough = there >= quorum && members >= this.#fewest;
      if (enough && this.#drawable(members)) return true;
      if (enough && !warned) this.#unsuitable(members);
      warned ||= enough;
      if (late?.aborted === true) {
        const asked = enough
          ? `of whom draws do not have ${minCohort} to ${cohort}`
          : there >= quorum
            ? `of whom ${there - members} are left out for having spoilt rounds, and ${this.#fewest} are needed`
            : `the quorum is ${quorum}`;
        throw new CairnError(
          'not-enough-clients',
          `task "${name}": ${there} clients are there after ${quorumTimeout} s, ${asked}`,
        );
      }
      await this.#change(waiting);
    }
  }

  /**
   * Who is invited, in random order: a cohort and some more, or whom chance draws; undefined where a quorum is there no
   * more, or too many to draw from.
   * @param attempt its number, from 1
   */
  choose(attempt: number): readonly MemberId[] | undefined {
    const { task, host, privacy } = this.#options;
    const { idle } = this;
    this.#satOut = [];
    if (this.#there.length < task.quorum || idle.length < this.#fewest || !this.#drawable(idle.length))
      return undefined;
    const there = new Set(idle);
    if (privacy?.sampling === undefined && this.#repeat.length > 0 && this.#repeat.every((member) => there.has(member)))
      return chooseCohort(this.#repeat, this.#repeat.length, host.random);
    const seatable = this.#keepApart(idle, attempt);
    if (privacy?.sampling !== undefined) return this.#drawn(seatable, privacy.sampling);
    return chooseCohort(seatable, invitations(task.cohort, task.overSelect), host.random);
  }

  /**
   * Whether a draw has to be paid for before members are chosen. One that failed before a sum was opened is used again,
   * without those who left or are left out: it is the same chance, so that whoever makes attempts fail spends nothing.
   * @throws CairnError `draws-in-vain` where as many were paid for in a row as a round may have
   */
  get needsDraw(): boolean {
    const { task, privacy } = this.#options;
    if (privacy?.sampling === undefined || this.#paid) return false;
    const there = new Set(this.idle);
    const left = this.#draw?.filter((member) => there.has(member)) ?? [];
    if (left.length >= task.minCohort) return false;
    this.#draw = undefined;
    if (this.#draws < DRAWS_PER_ROUND) return true;
    throw new CairnError('draws-in-vain', `task "${task.name}": ${this.#draws} draws in a row came to no new model`);
  }

  /** A draw has been paid for. */
  drawPaid(): void {
    this.#paid = true;
    this.#draws++;
  }

  /** A round has committed: the next one draws anew. */
  committed(): void {
    this.#draw = undefined;
    this.#draws = 0;
  }

  /** Who was drawn before, as far as they are there, or a new draw. */
  #drawn(seatable: readonly MemberId[], sampling: number): readonly MemberId[] | undefined {
    const { host, task } = this.#options;
    const there = new Set(seatable);
    if (this.#draw !== undefined) {
      const again = this.#draw.filter((member) => there.has(member));
      return again.length < task.minCohort ? undefined : again;
    }
    if (!this.#paid) return undefined;
    this.#paid = false;
    this.#draw = drawIndependently(seatable, sampling, host.random);
    return this.#draw;
  }

  /**
   * Those of the idle members that are not to sit out of the next attempt because of their quarrels. Before anything has
   * failed, only so many do that a sum would be left if all of them were honest and every liar left: otherwise those who
   * accuse honest members could make a round fail that would not have failed without them.
   */
  #keepApart(idle: readonly MemberId[], attempt: number): readonly MemberId[] {
    if (this.#options.task.benchAttempts === 0) return idle;
    let out = this.#quarrels.apart(idle, idle.length - this.#fewest);
    while (attempt === 1 && out.length > 0 && !this.#outlives(idle.length, out.length)) {
      out = this.#quarrels.apart(idle, out.length - 1);
    }
    const sitting = new Set(out);
    const seatable = idle.filter((member) => !sitting.has(member));
    if (!this.#drawable(seatable.length)) return idle;
    this.#satOut = out;
    return seatable;
  }

  /** Whether a round of `idle` members, of whom so many sit out, has a sum although as many leave it as may be liars. */
  #outlives(idle: number, out: number): boolean {
    const { task } = this.#options;
    const count = task.groups?.count ?? 1;
    const before = Math.floor(Math.min(task.cohort, idle) / count);
    const n = Math.floor(Math.min(task.cohort, idle - out) / count);
    const { threshold } = roundParameters({ ...task, n });
    return n - shareOf(before, task.colluding) >= Math.max(threshold, task.minCohort);
  }

  /**
   * An attempt has opened a sum of these members and there is no new model. The next one invites just them, if they are all
   * there: clients refuse a second sum from the same model with other members, unless many differ.
   */
  repeat(members: readonly MemberId[]): void {
    this.#repeat = members;
    if (members.length > 0) this.#draw = undefined;
  }

  /** Whether a round can be run with so many, where they were drawn; the log says so where it cannot. */
  suits({ length: members }: readonly MemberId[]): boolean {
    const { task, privacy } = this.#options;
    if (privacy?.sampling === undefined || (members >= task.minCohort && members <= task.cohort)) return true;
    this.#draw = undefined;
    this.#unsuitable(members);
    return false;
  }

  /** An attempt of these members is over: benches those whom it speaks against, and remembers who quarrelled. */
  judge(
    invited: readonly MemberId[],
    suspects: readonly Suspect[],
    { task, round, attempt, drops }: Pick<RoundReport, 'task' | 'round' | 'attempt' | 'drops'>,
  ): Pick<RoundReport, 'benched' | 'satOut'> {
    const { log } = this.#options.host;
    const satOut = this.#satOut;
    // Where honest members sat out, liars may have been a greater share of those who did not.
    const believed = suspects.filter(({ counted = false }) => !counted || satOut.length === 0);
    const ofShares = believed.filter(({ reason }) => OF_SHARES.has(reason)).map(({ member }) => member);
    const proven = this.#quarrels.learn({ invited, quarrels: quarrelsIn(drops), liars: ofShares });
    this.#quarrels.sitOut(satOut);
    const others = believed.filter(({ member }) => !proven.some((liar) => liar.member === member));
    const benched = this.#bench.judge([...proven, ...others]);
    for (const member of satOut) log.info('member-sits-out', { task, round, attempt, member });
    for (const { member, reason, attempts } of benched) {
      const stay = attempts === undefined ? {} : { attempts };
      log.warn('member-benched', { task, round, attempt, member, code: reason, ...stay });
    }
    return { ...(benched.length === 0 ? {} : { benched }), ...(satOut.length === 0 ? {} : { satOut }) };
  }

  /** How many of these members quarrel with each other, and are seated together all the same: there is no room. */
  quarrelling(invited: readonly MemberId[]): number {
    return this.#quarrels.quarrelling(invited);
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
