import { minSharers, roundParameters } from '../../protocol/schemes/secagg/index.ts';
import { shareOf } from '../../protocol/rounds/index.ts';
import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { DRAWS_PER_ROUND, type TaskConfig } from '../config/index.ts';
import type { RoundReport } from '../report.ts';
import type { AnnouncedSet } from '../store/types.ts';
import type { Aftermath } from './aftermath.ts';
import { Exclusions } from './exclusions.ts';
import {
  chooseCohort,
  cut,
  drawIndependently,
  equalSizes,
  invitations,
  maxGroup,
  smallestGroup,
} from '../../learning/index.ts';
import { quorumMissed } from './given-up.ts';
import type { TaskHost } from './host.ts';
import type { TaskModel } from './model.ts';
import { seatsOf } from './pending.ts';
import { Quarrels, quarrelsIn } from './quarrels.ts';
import { Refusers } from './refusers.ts';
import { Reluctance } from './reluctance.ts';
import { decideSeats, type Decision, type SeatingTerms } from './seating.ts';
import type { Suspect } from './suspects.ts';
import { Waiting, type WaitingView } from './waiting.ts';

/** Faults that are one side of a quarrel. */
const OF_SHARES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['share-undecryptable', 'share-false']);

/**
 * Maximum time between checks of who is present: a member may be let in between two readings of the clock, and then
 * nothing else would signal it.
 */
const RECHECK_MS = 1000;

/** The shortest pause after a refusal, even for a task that does not pause between attempts. */
const MIN_REFUSAL_MS = 100;

/** Options for creating the selection of a task's members. */
export interface SelectionOptions {
  readonly task: TaskConfig;
  readonly host: Pick<TaskHost, 'seats' | 'members' | 'random' | 'log'>;
  /**
   * Its accountant says whether and how members are drawn at random; what is pending says which members are not free.
   */
  readonly model: Pick<TaskModel, 'privacy' | 'pending'>;
  /** Called while the task waits for members, at each change. */
  readonly onWaiting?: (view: WaitingView) => void;
}

type FreshSeats = Extract<Decision, { kind: 'seat' }>['fresh'];

/** One cohort of an attempt. */
export interface Seated {
  /** The members invited, in random order. */
  readonly invited: readonly MemberId[];
  /** Its roster closes when this many have advertised keys. */
  readonly target: number;
  /** The set that it repeats: exactly these members, or nothing. Undefined for a fresh cohort. */
  readonly again: AnnouncedSet | undefined;
}

/** What an attempt says about refusals; see `Attempt`. */
interface Refused {
  readonly refused: ReadonlySet<MemberId>;
  readonly isRefused: boolean;
}

/** Which members a task invites: it waits for enough, chooses among them, and leaves out those that spoilt a round. */
export class Selection {
  readonly #options: SelectionOptions;
  readonly #terms: SeatingTerms;
  readonly #waiting: Waiting;
  readonly #bench: Exclusions;
  readonly #quarrels: Quarrels;
  readonly #reluctance = new Reluctance(() => performance.now());
  readonly #refusers: Refusers;
  /** Members that sit out of the attempt for which members were last chosen. */
  #satOut: readonly MemberId[] = [];
  /** When the wait for a set began, by the clock of `performance.now()`. */
  #waitsSince: number | undefined;
  /** Members that were drawn at random and paid for, while no sum of them has been opened. */
  #draw: readonly MemberId[] | undefined;
  /** Whether a draw has been paid for but not made. */
  #paid = false;
  /** Draws that were paid for since a round committed. */
  #draws = 0;

  constructor(options: SelectionOptions) {
    this.#options = options;
    this.#terms = termsOf(options.task);
    this.#waiting = new Waiting(options.task, options.host, options.onWaiting);
    const { exclusionAttempts: attempts, exclusionMinutes: minutes, colluding } = options.task;
    this.#bench = new Exclusions({ attempts, minutes, now: () => performance.now() });
    this.#quarrels = new Quarrels(colluding);
    this.#refusers = new Refusers(Math.max(MIN_REFUSAL_MS, 1000 * options.task.retryPause), () => performance.now());
  }

  /** Members that may be invited now. */
  get idle(): MemberId[] {
    return this.#refusers.without(this.#bench.without(this.#there));
  }

  /** How many members the task waits for, of a set that can only be asked for as a whole. */
  get missing(): number {
    if (this.#waitsSince === undefined) return 0;
    const decision = this.#decision();
    return decision.kind === 'wait' ? decision.missing.length : 0;
  }

  /**
   * Waits until there is something to do: a cohort or a set of an earlier one can be seated, or the model must be
   * moved. A quorum that does not come in time is reported, and the wait continues unless the task says otherwise.
   * @returns what to do; undefined if the task is stopped
   * @throws CairnError `not-enough-clients` if the task is configured to fail then
   */
  async ready(stopping: AbortSignal): Promise<Exclude<Decision, { kind: 'wait' }> | undefined> {
    const { quorum, rebaseAfter, afterQuorumTimeout } = this.#options.task;
    const waiting = this.#waiting;
    let warned = false;
    waiting.begin();
    for (;;) {
      if (stopping.aborted) return undefined;
      const decision = this.#decision();
      const undrawable = decision.kind === 'seat' && !this.#drawable(decision.fresh);
      const awaitsSet = decision.kind === 'wait' && decision.for === 'set';
      this.#waitsSince = awaitsSet ? (this.#waitsSince ?? performance.now()) : undefined;
      if (decision.kind !== 'wait' && !undrawable) {
        waiting.over();
        return decision;
      }
      const present = this.#there;
      waiting.see(present);
      const { refusing } = this.#reluctance;
      const { length: there } = present.filter((member) => !refusing.has(member));
      const { length: members } = this.idle.filter((member) => !refusing.has(member));
      if (undrawable && !warned) this.#unsuitable(members);
      warned ||= undrawable;
      const passed = !awaitsSet && waiting.passed;
      if (passed && afterQuorumTimeout === 'fail') {
        throw quorumMissed(this.#options.task, {
          ...{ present: present.length, there, members, undrawable },
          fewest: this.#terms.fewest,
        });
      }
      waiting.tell({
        for: awaitsSet ? 'set' : undrawable ? 'draw' : 'quorum',
        ...{ present, leftOut: present.length - members, fewest: this.#terms.fewest },
        needed: waiting.isLowered ? this.#terms.fewest : quorum,
        missing: awaitsSet ? decision.missing : [],
      });
      // The lowered minimum may already be met.
      if (passed && waiting.isLowered) continue;
      const left = this.#waitsSince === undefined ? [] : [this.#waitsSince + rebaseAfter * 1000 - performance.now()];
      await this.#change(awaitsSet ? stopping : waiting.until(stopping), left);
    }
  }

  /**
   * Which members are seated: sets again, or a cohort alongside them, or a random draw; undefined if there are no
   * longer enough, or too many to draw from.
   * @param attempt - its number, from 1
   */
  choose(attempt: number): readonly Seated[] | undefined {
    const decision = this.#decision();
    this.#satOut = [];
    if (decision.kind !== 'seat' || !this.#drawable(decision.fresh)) return undefined;
    const { again, fresh } = decision;
    const { random } = this.#options.host;
    const sets = again.map((set) => {
      const members = seatsOf(set);
      return { invited: chooseCohort(members, members.length, random), target: members.length, again: set };
    });
    if (sets.length > 0 && !this.#isDrawn(sets[0]!.invited)) return undefined;
    // Alongside sets there are fewer to choose from, and members of a set are not seated with those they quarrel with
    // anyway.
    const from = sets.length > 0 ? fresh.from : this.#keepApart(fresh, attempt);
    const chosen = this.#fresh(fresh.cohorts, from);
    if (chosen === undefined) return undefined;
    const seated = [...sets, ...chosen];
    for (const { invited } of seated) this.#waiting.see(invited);
    return seated;
  }

  /**
   * Whether a draw has to be paid for before members are chosen. One that failed before a sum was opened is used again,
   * without members that left or are left out, or as a whole if its set was announced: it is the same random choice, so
   * that a member that makes attempts fail spends nothing.
   * @throws CairnError `draws-in-vain` if the maximum number of draws for a round has been paid for without a new model
   */
  get needsDraw(): boolean {
    const { task, model } = this.#options;
    if (model.privacy?.sampling === undefined || this.#paid) return false;
    const decision = this.#decision();
    // No members are chosen now, so nothing is paid.
    if (decision.kind !== 'seat' || !this.#drawable(decision.fresh)) return false;
    if (this.#draw !== undefined && (model.pending.sets.length > 0 || this.#lasts(decision.fresh.from))) return false;
    this.#draw = undefined;
    if (this.#draws < DRAWS_PER_ROUND) return true;
    throw new CairnError('draws-in-vain', `task "${task.name}": ${this.#draws} draws in a row led to no new model`);
  }

  /** A draw has been paid for. */
  drawPaid(): void {
    this.#paid = true;
    this.#draws++;
  }

  /** A sum was opened, and there is no new model: another sum of the same members must be paid for again. */
  opened(): void {
    this.#draw = undefined;
  }

  /** Whether a set that is asked for again is paid for, or cohorts are not drawn at all. */
  #isDrawn(members: readonly MemberId[]): boolean {
    if (this.#options.model.privacy?.sampling === undefined || this.#draw !== undefined) return true;
    if (!this.#paid) return false;
    this.#paid = false;
    this.#draw = members;
    return true;
  }

  /**
   * The previous draw, as far as its members can be seated, or a new draw; undefined if one has to be paid for first.
   */
  #drawn(seatable: readonly MemberId[], sampling: number): readonly MemberId[] | undefined {
    if (this.#draw !== undefined) {
      if (this.#lasts(seatable)) return this.#left(seatable);
      this.#draw = undefined;
    }
    if (!this.#paid) return undefined;
    this.#paid = false;
    this.#draw = drawIndependently(seatable, sampling, this.#options.host.random);
    return this.#draw;
  }

  /** The members of the draw that was paid for that can be seated. */
  #left(seatable: readonly MemberId[]): readonly MemberId[] {
    const there = new Set(seatable);
    return this.#draw?.filter((member) => there.has(member)) ?? [];
  }

  /** Whether these are enough for a round. */
  #lasts(seatable: readonly MemberId[]): boolean {
    return this.#left(seatable).length >= this.#options.task.minCohort;
  }

  /** An attempt led to no new model. */
  learn(aftermath: Aftermath): void {
    this.#reluctance.learn(aftermath);
  }

  /**
   * An attempt is over, which some of its members may have refused.
   * @returns whether only refusals made it fail, so that it does not count. An attempt that asked for a set does count,
   * since otherwise the model might never be moved; so does one of members drawn at random, which were paid for
   */
  learnRefusals(seated: readonly Seated[], attempt: Refused): boolean {
    // No member of a draw is left out for refusing: that could make the task pay for another draw.
    if (this.#terms.drawn) return false;
    const fresh = seated.filter(({ again }) => again === undefined);
    const invited = fresh.flatMap((cohort) => cohort.invited);
    this.#refusers.learn(invited, attempt.refused);
    return attempt.isRefused && fresh.length === seated.length;
  }

  /** The model was moved: sets of the previous one no longer bind any member. */
  rebased(): void {
    this.#reluctance.rebased();
  }

  /** A round has committed: earlier reasons to refuse no longer apply. */
  committed(): void {
    this.#reluctance.committed();
    this.#draw = undefined;
    this.#draws = 0;
  }

  /** Whether a round can be run with this many members, if they were drawn; logs a warning if not. */
  suits(seated: readonly Seated[]): boolean {
    const { task, model } = this.#options;
    const { invited, again } = seated[0]!;
    const { length: members } = invited;
    if (model.privacy?.sampling === undefined || again !== undefined) return true;
    if (members >= task.minCohort && members <= task.cohort) return true;
    this.#draw = undefined;
    this.#unsuitable(members);
    return false;
  }

  /** An attempt of these members is over: excludes those that it gives evidence against, and remembers quarrels. */
  judge(
    invited: readonly MemberId[],
    suspects: readonly Suspect[],
    { task, round, attempt, drops }: Pick<RoundReport, 'task' | 'round' | 'attempt' | 'drops'>,
    counts = true,
  ): Pick<RoundReport, 'benched' | 'satOut'> {
    const { log } = this.#options.host;
    const satOut = this.#satOut;
    // If honest members sat out, liars may have been a larger share of those that did not.
    const believed = suspects.filter(({ counted = false }) => !counted || satOut.length === 0);
    const ofShares = believed.filter(({ reason }) => OF_SHARES.has(reason)).map(({ member }) => member);
    const proven = this.#quarrels.learn({ invited, quarrels: quarrelsIn(drops), liars: ofShares });
    this.#quarrels.sitOut(satOut);
    const others = believed.filter(({ member }) => !proven.some((liar) => liar.member === member));
    const benched = this.#bench.judge([...proven, ...others], counts);
    for (const member of satOut) log.info('member-sits-out', { task, round, attempt, member });
    for (const { member, reason, attempts } of benched) {
      const stay = attempts === undefined ? {} : { attempts };
      log.warn('member-benched', { task, round, attempt, member, code: reason, ...stay });
    }
    return { ...(benched.length === 0 ? {} : { benched }), ...(satOut.length === 0 ? {} : { satOut }) };
  }

  /** How many of these members quarrel with each other but are nevertheless seated together, for lack of room. */
  quarrelling(invited: readonly MemberId[]): number {
    return this.#quarrels.quarrelling(invited);
  }

  /**
   * Those of the idle members that do not sit out of the next attempt because of their quarrels. Before anything has
   * failed, the number that sit out is limited so that a sum would be left if all of them were honest and every liar
   * left: otherwise members that accuse honest ones could make a round fail that would not have failed without them.
   */
  #keepApart({ cohorts, from: idle }: FreshSeats, attempt: number): readonly MemberId[] {
    if (cohorts === 0 || this.#options.task.exclusionAttempts === 0) return idle;
    let out = this.#quarrels.apart(idle, idle.length - this.#terms.fewest);
    while (attempt === 1 && out.length > 0 && !this.#outlives(idle.length, out.length)) {
      out = this.#quarrels.apart(idle, out.length - 1);
    }
    const sitting = new Set(out);
    const seatable = idle.filter((member) => !sitting.has(member));
    if (!this.#drawable({ cohorts, from: seatable })) return idle;
    // Quarrels must not make the task pay for another draw.
    if (this.#lasts(idle) && !this.#lasts(seatable)) return idle;
    this.#satOut = out;
    return seatable;
  }

  /** Whether a round of `idle` members, of which `out` sit out, has a sum even if as many leave it as may be liars. */
  #outlives(idle: number, out: number): boolean {
    const { task } = this.#options;
    const count = task.groups?.count ?? 1;
    const before = Math.floor(Math.min(task.cohort, idle) / count);
    const n = Math.floor(Math.min(task.cohort, idle - out) / count);
    const needed = minSharers(roundParameters({ ...task, n }));
    return n - shareOf(before, task.colluding) >= Math.max(needed, task.minCohort);
  }

  /**
   * Members present, including those left out: they count for the quorum, and the round continues as if they had
   * dropped out.
   */
  get #there(): MemberId[] {
    const { host, task } = this.#options;
    return host.seats.idle(task.name);
  }

  #decision(): Decision {
    const { host, model, task } = this.#options;
    const idle = this.#there;
    this.#refusers.forget((member) => host.seats.has(member));
    const unbenched = new Set(this.#refusers.without(this.#bench.without(idle)));
    const refusal = host.members.judge(task.name);
    const { bound, refusing, failures } = this.#reluctance;
    const { fewest, quorum } = this.#terms;
    return decideSeats(
      { ...this.#terms, quorum: this.#waiting.isLowered ? Math.min(fewest, quorum) : quorum },
      {
        ...{ idle, bound, refusing, failures },
        benched: new Set(idle.filter((member) => !unbenched.has(member))),
        // A guest that is gone comes back under another id.
        returns: (member) => host.seats.has(member) || (host.members.has(member) && refusal(member) === undefined),
        pending: model.pending,
        overdue: this.#waitsSince !== undefined && performance.now() - this.#waitsSince >= task.rebaseAfter * 1000,
      },
    );
  }

  #fresh(cohorts: number, from: readonly MemberId[]): Seated[] | undefined {
    if (cohorts === 0) return [];
    const { task, host, model } = this.#options;
    const { random } = host;
    const most = equalSizes(task.cohort, task.groups?.count ?? 1)
      .slice(0, cohorts)
      .reduce((sum, size) => sum + size);
    const chosen =
      model.privacy?.sampling === undefined
        ? chooseCohort(from, invitations(most, task.overSelect), random)
        : this.#drawn(from, model.privacy.sampling);
    if (chosen === undefined) return undefined;
    const targets = equalSizes(Math.min(most, chosen.length), cohorts);
    return cut(chosen, equalSizes(chosen.length, cohorts)).map((invited, place) => ({
      invited,
      target: targets[place]!,
      again: undefined,
    }));
  }

  /**
   * Whether a draw from this many members hardly ever has too few, or too many. Other draws would reveal who was drawn,
   * and be paid for in vain; who is present is known to all, so not drawing costs nothing.
   */
  #drawable({ cohorts, from }: FreshSeats): boolean {
    return cohorts === 0 || (this.#options.model.privacy?.drawable(from.length) ?? true);
  }

  #unsuitable(members: number): void {
    const { host, task } = this.#options;
    host.log.warn('draw-unsuitable', { task: task.name, members });
  }

  /**
   * Resolves when a member comes, goes or is let in again, when one of these times (in milliseconds) has passed, after
   * at most a second, or when the signal is aborted.
   */
  async #change(signal: AbortSignal, times: readonly number[]): Promise<void> {
    const returns = [this.#bench, this.#reluctance, this.#refusers].map(({ nextReturn = RECHECK_MS }) => nextReturn);
    const next = Math.min(...times, ...returns, RECHECK_MS);
    const enough = new AbortController();
    const timer = setTimeout(() => enough.abort(), Math.max(0, next));
    await this.#options.host.seats.change(AbortSignal.any([signal, enough.signal]));
    clearTimeout(timer);
  }
}

function termsOf(task: TaskConfig): SeatingTerms {
  const { quorum, minCohort, groups, rebaseAttempts, maxRebases } = task;
  return {
    ...{ quorum, minCohort, rebaseAttempts, maxRebases },
    fewest: minCohort * (groups?.count ?? 1),
    maxCohort: maxGroup(task),
    groups: groups && { count: groups.count, minSums: groups.minSums, smallest: smallestGroup(task) },
    drawn: task.privacy !== undefined && task.privacy.sampling < 1,
  };
}
