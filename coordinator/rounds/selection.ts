import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { equalSizes, greatestGroup, smallestGroup, type TaskConfig } from '../config/index.ts';
import type { RoundReport } from '../report.ts';
import type { AnnouncedSet } from '../store/index.ts';
import type { Aftermath } from './aftermath.ts';
import { Bench } from './bench.ts';
import { chooseCohort, cut, drawIndependently, invitations } from './cohort.ts';
import type { TaskHost } from './host.ts';
import type { TaskModel } from './model.ts';
import { seatsOf } from './pending.ts';
import { Reluctance } from './reluctance.ts';
import { decideSeats, type Decision, type SeatingTerms } from './seating.ts';
import type { Suspect } from './suspects.ts';

/** Longest time that a timer takes. */
const MOST_MS = 2 ** 31 - 1;

/** What the selection of a task's members is made with. */
export interface SelectionOptions {
  readonly task: TaskConfig;
  readonly host: Pick<TaskHost, 'seats' | 'members' | 'random' | 'log'>;
  /** Its accountant says whether and how members are drawn by chance, and what is pending which members are not free. */
  readonly model: Pick<TaskModel, 'privacy' | 'pending'>;
}

/** One cohort of an attempt. */
export interface Seated {
  /** Who is invited, in random order. */
  readonly invited: readonly MemberId[];
  /** Its roster closes when this many have advertised keys. */
  readonly target: number;
  /** The set that it is asked for once more: just these members, or nothing. Undefined for a fresh cohort. */
  readonly again: AnnouncedSet | undefined;
}

/** Whom a task invites: it waits for enough members, chooses among them, and leaves out those that spoilt a round. */
export class Selection {
  readonly #options: SelectionOptions;
  readonly #terms: SeatingTerms;
  readonly #bench: Bench;
  readonly #reluctance = new Reluctance();
  /** Since when a set is waited for, by the clock of `performance.now()`. */
  #waitsSince: number | undefined;

  constructor(options: SelectionOptions) {
    this.#options = options;
    this.#terms = termsOf(options.task);
    const { benchAttempts: attempts, benchMinutes: minutes } = options.task;
    this.#bench = new Bench({ attempts, minutes, now: () => performance.now() });
  }

  /** Members that may be invited now. */
  get idle(): MemberId[] {
    return this.#bench.without(this.#there);
  }

  /** How many members are waited for, of a set that can only be asked for as a whole. */
  get missing(): number {
    if (this.#waitsSince === undefined) return 0;
    const decision = this.#decision();
    return decision.kind === 'wait' ? decision.missing.length : 0;
  }

  /**
   * Waits until there is something to be done: a cohort or a set of an earlier one can be seated, or the model is to be
   * moved.
   * @returns what it is; undefined where the task is stopped
   * @throws CairnError `not-enough-clients`
   */
  async ready(stopping: AbortSignal): Promise<Exclude<Decision, { kind: 'wait' }> | undefined> {
    const { name, quorum, quorumTimeout, minCohort, cohort, rebaseAfter } = this.#options.task;
    let warned = false;
    const late = quorumTimeout === 0 ? undefined : AbortSignal.timeout(quorumTimeout * 1000);
    const waiting = late === undefined ? stopping : AbortSignal.any([stopping, late]);
    for (;;) {
      if (stopping.aborted) return undefined;
      const decision = this.#decision();
      const undrawable = decision.kind === 'seat' && !this.#drawable(decision);
      const awaitsSet = decision.kind === 'wait' && decision.for === 'set';
      this.#waitsSince = awaitsSet ? (this.#waitsSince ?? performance.now()) : undefined;
      if (decision.kind !== 'wait' && !undrawable) return decision;
      const { length: members } = this.idle;
      if (undrawable && !warned) this.#unsuitable(members);
      warned ||= undrawable;
      if (late?.aborted === true && !awaitsSet) {
        const asked = undrawable ? `of whom draws do not have ${minCohort} to ${cohort}` : `the quorum is ${quorum}`;
        throw new CairnError(
          'not-enough-clients',
          `task "${name}": ${members} clients are there after ${quorumTimeout} s, ${asked}`,
        );
      }
      const left = this.#waitsSince === undefined ? [] : [this.#waitsSince + rebaseAfter * 1000 - performance.now()];
      await this.#change(awaitsSet ? stopping : waiting, left);
    }
  }

  /**
   * Who is seated: sets once more, or a cohort and some more, or whom chance draws; undefined where there are too few
   * any more, or too many to draw from.
   */
  choose(): readonly Seated[] | undefined {
    const decision = this.#decision();
    if (decision.kind !== 'seat' || !this.#drawable(decision)) return undefined;
    const { again, fresh } = decision;
    const { random } = this.#options.host;
    const sets = again.map((set) => {
      const members = seatsOf(set);
      return { invited: chooseCohort(members, members.length, random), target: members.length, again: set };
    });
    return [...sets, ...this.#fresh(fresh.cohorts, fresh.from)];
  }

  /** An attempt led to no new model. */
  learn(aftermath: Aftermath): void {
    this.#reluctance.learn(aftermath);
  }

  /** The model was moved: sets of the one before bind nobody. */
  rebased(): void {
    this.#reluctance.rebased();
  }

  /** A round has committed: nobody has reason to refuse what comes next. */
  committed(): void {
    this.#reluctance.committed();
  }

  /** Whether a round can be run with so many, where they were drawn; the log says so where it cannot. */
  suits(seated: readonly Seated[]): boolean {
    const { task, model } = this.#options;
    const [{ invited, again }] = seated;
    const { length: members } = invited;
    if (model.privacy?.sampling === undefined || again !== undefined) return true;
    if (members >= task.minCohort && members <= task.cohort) return true;
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

  get #there(): MemberId[] {
    const { host, task } = this.#options;
    return host.seats.idle(task.name);
  }

  #decision(): Decision {
    const { host, model, task } = this.#options;
    const idle = this.#there;
    const unbenched = new Set(this.#bench.without(idle));
    const refusal = host.members.judge(task.name);
    const { bound, refusing, failures } = this.#reluctance;
    return decideSeats(this.#terms, {
      ...{ idle, bound, refusing, failures },
      benched: new Set(idle.filter((member) => !unbenched.has(member))),
      // A guest that is gone comes back under another id.
      returns: (member) => host.seats.has(member) || (host.members.has(member) && refusal(member) === undefined),
      pending: model.pending,
      overdue: this.#waitsSince !== undefined && performance.now() - this.#waitsSince >= task.rebaseAfter * 1000,
    });
  }

  #fresh(cohorts: number, from: readonly MemberId[]): Seated[] {
    if (cohorts === 0) return [];
    const { task, host, model } = this.#options;
    const { random } = host;
    const most = equalSizes(task.cohort, task.groups?.count ?? 1)
      .slice(0, cohorts)
      .reduce((sum, size) => sum + size);
    const chosen =
      model.privacy?.sampling === undefined
        ? chooseCohort(from, invitations(most, task.overSelect), random)
        : drawIndependently(from, model.privacy.sampling, random);
    const targets = equalSizes(Math.min(most, chosen.length), cohorts);
    return cut(chosen, equalSizes(chosen.length, cohorts)).map((invited, place) => ({
      invited,
      target: targets[place],
      again: undefined,
    }));
  }

  /**
   * Whether a draw from so many hardly ever has too few members, or too many. Others would tell who was drawn, and be paid
   * for in vain; who is there is known to all, so that not to draw costs nothing.
   */
  #drawable({ fresh }: Extract<Decision, { kind: 'seat' }>): boolean {
    return fresh.cohorts === 0 || (this.#options.model.privacy?.drawable(fresh.from.length) ?? true);
  }

  #unsuitable(members: number): void {
    const { host, task } = this.#options;
    host.log.warn('draw-unsuitable', { task: task.name, members });
  }

  /**
   * Resolves when somebody comes, goes or is let in again, when one of these times (in milliseconds) has passed, or when
   * the signal is aborted.
   */
  async #change(signal: AbortSignal, times: readonly number[]): Promise<void> {
    const returns = this.#bench.nextReturn;
    const next = Math.min(...times, returns ?? MOST_MS, MOST_MS);
    const enough = new AbortController();
    const timer = next === MOST_MS ? undefined : setTimeout(() => enough.abort(), Math.max(0, next));
    await this.#options.host.seats.change(AbortSignal.any([signal, enough.signal]));
    clearTimeout(timer);
  }
}

function termsOf(task: TaskConfig): SeatingTerms {
  const { quorum, minCohort, groups, rebaseAttempts, maxRebases } = task;
  return {
    ...{ quorum, minCohort, rebaseAttempts, maxRebases },
    maxCohort: greatestGroup(task),
    groups: groups && { count: groups.count, least: groups.least, smallest: smallestGroup(task) },
    drawn: task.privacy !== undefined && task.privacy.sampling < 1,
  };
}
