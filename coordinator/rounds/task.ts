import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerStateName } from '../../protocol/aggregation/server/types.ts';
import { asCairnError, CairnError, type ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { type Exposure, exposureOf, type TaskConfig } from '../config/index.ts';
import type { PrivacyStatus, RoundReport } from '../report.ts';
import { Attempt } from './attempt.ts';
import { Bench } from './bench.ts';
import { chooseCohort, drawIndependently, invitations } from './cohort.ts';
import { HeldOut } from './held-out.ts';
import type { TaskHost } from './host.ts';
import type { TaskModel } from './model.ts';

/** Reasons of members that a task's error names. */
const MOST_REASONS = 3;

/** Longest time that a timer takes. */
const MOST_MS = 2 ** 31 - 1;

/** What a task is doing: the state of its round, or what it does between rounds. */
export type TaskState = ServerStateName | 'waiting' | 'paused' | 'finished' | 'failed' | 'stopped';

/** Where a task stands, for status pages. */
export interface TaskStatus {
  readonly task: string;
  readonly state: TaskState;
  /** Last committed round, and how many there will be. */
  readonly round: number;
  readonly rounds: number;
  /** Number of the attempt that is under way or comes next. */
  readonly attempt: number;
  readonly adversary: 'active' | 'curious';
  readonly suite: number;
  readonly quorum: number;
  readonly cohort: number;
  /** Only of tasks whose cohorts are split: into how many groups, by which rule, and what that exposes. */
  readonly groups?: Exposure & { readonly count: number; readonly rule: string };
  /** Idle members that offer themselves for the task, without those that are benched. */
  readonly idle: number;
  /** Members in the round that is under way. */
  readonly inRound: number;
  /** While a sum is being opened: how many of its masks have been taken out. */
  readonly progress?: { readonly done: number; readonly of: number };
  /** What its rounds have cost; only of tasks with noise. */
  readonly privacy?: PrivacyStatus;
  readonly parameters: number;
  readonly modelHash: string;
  /** Why the task has failed. */
  readonly code?: ErrorCode;
  readonly message?: string;
}

/** One training job: it waits for members, runs rounds, and goes on until enough have committed. */
export class Task {
  readonly config: TaskConfig;
  readonly #host: TaskHost;
  readonly #model: TaskModel;
  readonly #heldOut: HeldOut | undefined;
  readonly #groups: TaskStatus['groups'];
  readonly #stopping = new AbortController();
  readonly #bench: Bench;
  #state: TaskState = 'waiting';
  #attemptNumber = 1;
  #attempt: Attempt | undefined;
  #members = 0;
  #progress: TaskStatus['progress'];
  #error: CairnError | undefined;

  /** @throws CairnError `config-invalid` where new models are to be checked and nobody evaluates them */
  constructor(config: TaskConfig, model: TaskModel, host: TaskHost) {
    this.config = config;
    this.#model = model;
    this.#host = host;
    this.#heldOut = heldOutOf(config, host);
    this.#groups = groupsOf(config, host);
    const { benchAttempts: attempts, benchMinutes: minutes } = config;
    this.#bench = new Bench({ attempts, minutes, now: () => performance.now() });
  }

  get status(): TaskStatus {
    const { name, rounds, adversary, suite, quorum, cohort } = this.config;
    return {
      task: name,
      state: this.#state,
      round: this.#model.round,
      rounds,
      attempt: this.#attemptNumber,
      adversary,
      suite,
      quorum,
      cohort,
      ...(this.#groups === undefined ? {} : { groups: this.#groups }),
      idle: this.#idle.length,
      inRound: this.#attempt === undefined ? 0 : this.#members,
      ...(this.#progress === undefined ? {} : { progress: this.#progress }),
      ...(this.#model.privacy === undefined ? {} : { privacy: this.#model.privacy.status }),
      parameters: this.#model.layout.size,
      modelHash: this.#model.hash,
      ...(this.#error === undefined ? {} : { code: this.#error.code, message: this.#error.message }),
    };
  }

  /** Asks the task to end: the round under way is abandoned. {@link run} returns soon after. */
  stop(): void {
    this.#stopping.abort();
    this.#attempt?.abandon(new CairnError('round-abandoned', 'the coordinator is stopping'));
  }

  /**
   * Runs rounds until all have committed, or until {@link stop}.
   * @throws CairnError `not-enough-clients` where the quorum does not come in time, or the error of the last attempt
   * where a round was abandoned or rolled back as often in a row as the configuration allows
   */
  async run(): Promise<void> {
    const { log } = this.#host;
    const task = this.config.name;
    try {
      while (this.#model.round < this.config.rounds && this.#affordable && !this.#stopped) {
        this.#state = 'waiting';
        if (!(await this.#quorum())) break;
        // Looked up again, and seated without a pause: another task may have woken to the same members and taken them.
        if (!(await this.#payAhead())) break;
        const idle = this.#idle;
        if (!this.#stopping.signal.aborted && idle.length >= this.config.quorum && this.#drawable(idle.length))
          await this.#tryRound(this.#chosen(idle));
      }
      this.#state = this.#stopped ? 'stopped' : 'finished';
      if (this.#stopped) return;
      if (this.#model.round < this.config.rounds)
        log.info('privacy-budget-spent', { task, round: this.#model.round, ...this.#spent });
      log.info('task-finished', { task, round: this.#model.round });
    } catch (thrown) {
      const error = asCairnError(thrown);
      this.#error = error;
      this.#state = 'failed';
      log.error('task-failed', { task, round: this.#model.round + 1, code: error.code });
      throw error;
    }
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /**
   * Waits until enough members are idle, and not too many where they are drawn.
   * @returns false where the task is stopped
   * @throws CairnError `not-enough-clients`
   */
  async #quorum(): Promise<boolean> {
    const { name, quorum, quorumTimeout, minCohort, cohort } = this.config;
    let warned = false;
    const late = quorumTimeout === 0 ? undefined : AbortSignal.timeout(quorumTimeout * 1000);
    const waiting = late === undefined ? this.#stopping.signal : AbortSignal.any([this.#stopping.signal, late]);
    for (;;) {
      if (this.#stopped) return false;
      const idle = this.#idle;
      const enough = idle.length >= quorum;
      if (enough && this.#drawable(idle.length)) return true;
      if (enough && !warned) this.#host.log.warn('draw-unsuitable', { task: name, members: idle.length });
      warned ||= enough;
      if (late?.aborted === true) {
        const asked = enough ? `of whom draws do not have ${minCohort} to ${cohort}` : `the quorum is ${quorum}`;
        throw new CairnError(
          'not-enough-clients',
          `task "${name}": ${idle.length} clients are there after ${quorumTimeout} s, ${asked}`,
        );
      }
      await this.#change(waiting);
    }
  }

  /** Resolves when somebody comes, goes or is let in again, or when the signal is aborted. */
  async #change(signal: AbortSignal): Promise<void> {
    const returns = this.#bench.nextReturn;
    const enough = new AbortController();
    const timer = returns === undefined ? undefined : setTimeout(() => enough.abort(), Math.min(returns, MOST_MS));
    await this.#host.seats.change(AbortSignal.any([signal, enough.signal]));
    clearTimeout(timer);
  }

  get #spent(): { readonly epsilon?: number } {
    const { privacy } = this.#model;
    return privacy === undefined ? {} : { epsilon: privacy.status.spent };
  }

  /** Whether the privacy budget lasts for another round. */
  get #affordable(): boolean {
    return this.#model.privacy?.lasts ?? true;
  }

  /**
   * Where members are drawn by chance, a round is paid for before: that it fails may depend on who was drawn.
   * @returns whether the round may be run
   */
  async #payAhead(): Promise<boolean> {
    if (this.#model.privacy?.sampling === undefined) return true;
    await this.#model.pay();
    return !this.#stopped;
  }

  /**
   * Whether a draw from so many hardly ever has too few members, or too many. Others would tell who was drawn, and be paid
   * for in vain; who is there is known to all, so that not to draw costs nothing.
   */
  #drawable(idle: number): boolean {
    return this.#model.privacy?.drawable(idle) ?? true;
  }

  /** Who is invited: a cohort and some more, or whom chance draws. */
  #chosen(idle: readonly MemberId[]): readonly MemberId[] {
    const { cohort, overSelect } = this.config;
    const { random } = this.#host;
    const { sampling } = this.#model.privacy ?? {};
    if (sampling !== undefined) return drawIndependently(idle, sampling, random);
    return chooseCohort(idle, invitations(cohort, overSelect), random);
  }

  /** Members that may be invited now. */
  get #idle(): MemberId[] {
    return this.#bench.without(this.#host.seats.idle(this.config.name));
  }

  async #tryRound(invited: readonly MemberId[]): Promise<void> {
    const { name, cohort, minCohort, retryPause } = this.config;
    if (this.#model.privacy?.sampling !== undefined && (invited.length < minCohort || invited.length > cohort)) {
      this.#host.log.warn('draw-unsuitable', { task: name, members: invited.length });
      await this.#pause(retryPause);
      return;
    }
    const attempt = new Attempt({
      task: this.config,
      model: this.#model,
      host: this.#host,
      invited,
      number: this.#attemptNumber,
      heldOut: this.#heldOut,
      watch: {
        state: (state, members) => {
          this.#state = state;
          this.#members = members;
          this.#progress = undefined;
        },
        progress: (done, of) => {
          this.#progress = { done, of };
        },
      },
    });
    this.#attempt = attempt;
    const report = await attempt.run();
    this.#attempt = undefined;
    await this.#host.report({ ...report, ...this.#judge(attempt, report) });
    await this.#afterwards(report);
  }

  /** Benches those whom an attempt speaks against. */
  #judge({ suspects }: Attempt, { task, round, attempt }: RoundReport): Pick<RoundReport, 'benched'> {
    const benched = this.#bench.judge(suspects);
    for (const { member, reason, attempts } of benched) {
      this.#host.log.warn('member-benched', { task, round, attempt, member, code: reason, attempts });
    }
    return benched.length === 0 ? {} : { benched };
  }

  async #afterwards(report: RoundReport): Promise<void> {
    if (report.outcome === 'committed') {
      this.#attemptNumber = 1;
      if (this.#model.round < this.config.rounds) await this.#pause(this.config.pause);
      return;
    }
    if (this.#stopped) return;
    if (this.#attemptNumber >= this.config.attempts) {
      const { code = 'round-abandoned', message = 'the round was abandoned' } = report;
      throw new CairnError(
        code,
        `task "${this.config.name}": round ${report.round} was given up after ${report.attempt} attempts: ${message}${reasonsText(report)}`,
      );
    }
    this.#attemptNumber++;
    await this.#pause(this.config.retryPause);
  }

  async #pause(seconds: number): Promise<void> {
    if (seconds === 0) return;
    this.#state = 'paused';
    await sleep(seconds * 1000, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

/** What members said why they left, most of them first: often the cause of a round that fails each time. */
function reasonsText({ drops }: RoundReport): string {
  const counts = new Map<ErrorCode, number>();
  for (const { reason } of drops) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a).slice(0, MOST_REASONS);
  if (sorted.length === 0) return '';
  return `; members were out for ${sorted.map(([reason, count]) => `${reason} (${count})`).join(', ')}`;
}

/** What splitting a task's cohorts exposes, which its log says at the start. */
function groupsOf(config: TaskConfig, { log }: TaskHost): TaskStatus['groups'] {
  const { groups, name: task } = config;
  const exposure = exposureOf(config);
  if (groups === undefined || exposure === undefined) return undefined;
  const { groupSize: members, tolerated, chance, safeShare } = exposure;
  log.info('groups-exposed', { task, groups: groups.count, members, tolerated, chance, safe: safeShare });
  return { count: groups.count, rule: groups.rule, ...exposure };
}

function heldOutOf({ name, check }: TaskConfig, { evaluate }: TaskHost): HeldOut | undefined {
  if (check === undefined) return undefined;
  if (evaluate !== undefined) return new HeldOut(name, check, evaluate);
  throw new CairnError(
    'config-invalid',
    `task "${name}": check holds each new model against held-out data, but the coordinator has none`,
    { hint: 'name the data (cairn coordinator --held-out), or leave check out' },
  );
}
