import { setTimeout as sleep } from 'node:timers/promises';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { exposureOf, type TaskConfig } from '../config/index.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { RoundReport } from '../report.ts';
import { aftermathOf } from './aftermath.ts';
import { Attempt } from './attempt.ts';
import { givenUp, rebasesSpent } from './given-up.ts';
import type { TaskHost } from './host.ts';
import type { TaskModel } from './model.ts';
import type { Decision } from './seating.ts';
import { bestResolution, COARSE, HeldOut } from '../../learning/index.ts';
import { type Seated, Selection } from './selection.ts';
import type { TaskStanding, TaskState, TaskStatus } from './task-status.ts';

/** Minimum pause before members are chosen again if none could be seated: more than a turn of the event loop. */
const MIN_PAUSE_SECONDS = 0.01;

/** Attempts to measure a task's scales: without a measurement the first round has coarse ones, and later ones adapt. */
const MAX_MEASURES = 2;

/** One training job: it waits for members, runs rounds, and continues until enough have committed. */
export class Task {
  readonly config: TaskConfig;
  readonly #host: TaskHost;
  readonly #model: TaskModel;
  readonly #heldOut: HeldOut | undefined;
  readonly #groups: TaskStatus['groups'];
  readonly #stopping = new AbortController();
  readonly #selection: Selection;
  #state: TaskState = 'waiting';
  /** The last committed round that members have been told of. */
  #told: number;
  #attemptNumber = 1;
  /** Failed attempts from the current model. */
  #failed = 0;
  /** Failed attempts to measure. */
  #unmeasured = 0;
  /** Rounds in a row whose sums were too coarse. */
  #coarse = 0;
  #attempt: Attempt | undefined;
  #members = 0;
  #progress: TaskStatus['progress'];
  #error: CairnError | undefined;

  /** @throws CairnError `config-invalid` if new models must be checked but there is no evaluation */
  constructor(config: TaskConfig, model: TaskModel, host: TaskHost) {
    this.config = config;
    this.#model = model;
    this.#told = model.round;
    this.#host = host;
    this.#heldOut = heldOutOf(config, host);
    this.#groups = groupsOf(config, host);
    const { rounding, coarse } = bestResolution(config, model.layout.size);
    if (config.privacy === undefined && coarse)
      host.log.warn('resolution-poor', { task: config.name, round: model.round, rounding });
    this.#selection = new Selection({
      ...{ task: config, host, model },
      onWaiting: (view) => host.waiting({ ...view, task: config.name, round: model.round + 1 }),
    });
  }

  /**
   * Evaluates the first model on the held-out data of a task that checks its models, before any member trains for it.
   * @throws CairnError `data-empty`, `data-missing`, `evaluation-not-finite`, or what the evaluation throws
   */
  async prepare(): Promise<void> {
    if (this.#model.round >= this.config.rounds) return;
    await this.#heldOut?.begin(this.#model, this.#model.round === 0);
  }

  /** Its current status. */
  get status(): TaskStatus {
    const { name, rounds, adversary, suite, quorum, cohort } = this.config;
    const { repeat, rebases } = this.#model.pending;
    const { missing } = this.#selection;
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
      ...(repeat === 0 ? {} : { repeat }),
      ...(rebases === 0 ? {} : { rebases }),
      ...(missing === 0 ? {} : { missing }),
      idle: this.#selection.idle.length,
      inRound: this.#attempt === undefined ? 0 : this.#members,
      ...(this.#progress === undefined ? {} : { progress: this.#progress }),
      ...(this.#model.privacy === undefined ? {} : { privacy: this.#model.privacy.status }),
      parameters: this.#model.layout.size,
      modelHash: this.#model.hash,
      ...(this.#error === undefined ? {} : { code: this.#error.code, message: this.#error.message }),
    };
  }

  /** Its current state, as its members are told. */
  get standing(): TaskStanding {
    const { name, rounds, quorum } = this.config;
    return {
      ...{ task: name, state: this.#newsState, round: this.#told, rounds, needed: quorum },
      ...{ modelHash: this.#model.hash, error: this.#error },
    };
  }

  /** Asks the task to end: the current round is abandoned. {@link run} returns soon after. */
  stop(): void {
    this.#stopping.abort();
    this.#attempt?.abandon(new CairnError('round-abandoned', 'the coordinator is stopping'));
  }

  /**
   * Runs rounds until all have committed, or until {@link stop}.
   * @throws CairnError `not-enough-clients` if the quorum does not come in time and the task is configured to fail
   * then, `rebases-spent` if no cohort can be seated from the current model and it was moved as often as the
   * configuration, or enough members, allow, or the error of the last attempt if `attempts` in a row, from one model,
   * were abandoned or rolled back
   */
  async run(): Promise<void> {
    const { log } = this.#host;
    const { signal } = this.#stopping;
    const task = this.config.name;
    try {
      while (this.#model.round < this.config.rounds && this.#affordable && !this.#stopped) {
        this.#state = 'waiting';
        const decision = await this.#selection.ready(signal);
        if (decision === undefined) break;
        if (decision.kind !== 'seat') {
          await this.#move(decision);
          continue;
        }
        await this.#chargePrivacyAhead();
        if (signal.aborted) break;
        // Looked up again, and seated without a pause: another task may have woken to the same members and taken them.
        const seated = this.#selection.choose(this.#attemptNumber);
        // Without a pause nothing else would run while no members are seated, including whatever would change that.
        if (seated === undefined) await this.#pause(Math.max(this.config.retryPause, MIN_PAUSE_SECONDS));
        else await this.#tryRound(seated);
      }
      this.#state = this.#stopped ? 'stopped' : 'finished';
      this.#host.stands(task);
      if (this.#stopped) return;
      if (this.#model.round < this.config.rounds)
        log.info('privacy-budget-spent', { task, round: this.#model.round, ...this.#spent });
      log.info('task-finished', { task, round: this.#model.round });
    } catch (thrown) {
      const error = asCairnError(thrown);
      this.#error = error;
      this.#state = 'failed';
      this.#host.stands(task);
      log.error('task-failed', { task, round: this.#model.round + 1, code: error.code });
      throw error;
    }
  }

  get #newsState(): TaskStanding['state'] {
    switch (this.#state) {
      case 'failed':
      case 'stopped':
        return this.#state;
      case 'finished':
        return this.#told < this.config.rounds ? 'budget-spent' : 'finished';
      default:
        return this.#attempt === undefined ? 'waiting' : 'running';
    }
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
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
   * If members are drawn at random, a draw is paid for before it is made: whether it fails may depend on who was drawn.
   */
  async #chargePrivacyAhead(): Promise<void> {
    if (!this.#selection.needsDraw) return;
    await this.#model.chargePrivacy();
    this.#selection.drawPaid();
  }

  /** Moves the model if no cohort can be seated for a round from the current one, or gives up. */
  async #move(decision: Extract<Decision, { kind: 'rebase' | 'stuck' }>): Promise<void> {
    const { config } = this;
    const host = this.#host;
    const { missing } = decision;
    if (decision.kind === 'stuck') {
      const label = (member: MemberId): string => host.names.label(member);
      throw rebasesSpent(config, this.#model.pending.rebases, missing, decision.refusing, label);
    }
    await this.#model.rebase(host.primitives);
    // Otherwise members that spoil a set would use up the attempts before they are excluded from the next one.
    this.#failed = 0;
    this.#selection.rebased();
    const { rebases } = this.#model.pending;
    host.log.warn('model-rebased', {
      task: config.name,
      round: this.#model.round + 1,
      rebases,
      missing: missing.join(' '),
    });
    host.rebased(config.name);
  }

  async #tryRound(seated: readonly Seated[]): Promise<void> {
    if (!this.#selection.suits(seated)) {
      await this.#pause(this.config.retryPause);
      return;
    }
    const { unmeasured } = this.#model;
    const attempt = this.#begin(seated, unmeasured);
    this.#host.stands(this.config.name);
    const report = await attempt.run();
    this.#attempt = undefined;
    // Not before: a member that has not heard how its round ended would think it lost.
    this.#told = this.#model.round;
    this.#host.stands(this.config.name);
    if (unmeasured) {
      await this.#measured(report, this.#selection.learnRefusals(seated, attempt));
      return;
    }
    if (report.outcome === 'committed') this.#selection.committed();
    else await this.#remember(attempt);
    const invited = seated.flatMap((cohort) => cohort.invited);
    const onlyRefused = this.#selection.learnRefusals(seated, attempt);
    const judged = this.#selection.judge(invited, attempt.suspects, report, !onlyRefused);
    await this.#host.report({ ...report, ...judged });
    await this.#afterwards(report, invited, onlyRefused);
  }

  #begin(seated: readonly Seated[], measures: boolean): Attempt {
    const attempt = new Attempt({
      task: this.config,
      model: this.#model,
      host: this.#host,
      seated,
      number: this.#attemptNumber,
      heldOut: this.#heldOut,
      measures,
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
    return attempt;
  }

  /**
   * An attempt to measure is over. It counts for nothing else: no member is left out for it, and if two fail the task
   * continues without.
   * @param onlyRefused - whether members refused it and nothing else went wrong: they sit out of the next one
   */
  async #measured(report: RoundReport, onlyRefused: boolean): Promise<void> {
    await this.#host.report(report);
    if (report.outcome === 'measured' || this.#stopped) return;
    if (!onlyRefused) this.#unmeasured++;
    if (this.#unmeasured < MAX_MEASURES) {
      await this.#pause(this.config.retryPause);
      return;
    }
    await this.#model.leaveUnmeasured();
    this.#host.log.warn('scales-unmeasured', {
      task: this.config.name,
      ...(report.code === undefined ? {} : { code: report.code }),
    });
  }

  /** What the next attempt must know about one that led to no new model, before any member is invited to it. */
  async #remember({ ends, rolledBack }: Attempt): Promise<void> {
    const { pending } = this.#model;
    const aftermath = aftermathOf(pending, ends, rolledBack, this.config.maxRepeats);
    this.#selection.learn(aftermath);
    if (ends.some(({ error }) => error === undefined)) this.#selection.opened();
    await this.#model.remember(aftermath.pending);
  }

  /**
   * @param onlyRefused - whether members refused the attempt and nothing else went wrong: it does not count as failed
   */
  async #afterwards(report: RoundReport, invited: readonly MemberId[], onlyRefused: boolean): Promise<void> {
    if (report.outcome === 'committed') {
      this.#resolved(report);
      this.#attemptNumber = 1;
      this.#failed = 0;
      // The round has happened, whether or not people find a copy of its model.
      await this.#model.publish().catch((thrown: unknown) => this.#host.fault(asCairnError(thrown)));
      if (this.#model.round < this.config.rounds) await this.#pause(this.config.pause);
      return;
    }
    if (this.#stopped) return;
    if (!onlyRefused) this.#failed++;
    if (this.#failed >= this.config.attempts)
      throw givenUp(this.config.name, report, this.#selection.quarrelling(invited));
    this.#attemptNumber++;
    await this.#pause(this.config.retryPause);
  }

  /** Warns once that sums are too coarse, if the scales have adapted to the data and it did not help. */
  #resolved({ task, round, rounding = 0 }: RoundReport): void {
    this.#coarse = rounding > COARSE ? this.#coarse + 1 : 0;
    if (this.#coarse === 2) this.#host.log.warn('resolution-poor', { task, round, rounding });
  }

  async #pause(seconds: number): Promise<void> {
    if (seconds === 0) return;
    this.#state = 'paused';
    await sleep(seconds * 1000, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

/** What splitting a task's cohorts exposes, which is logged at the start. */
function groupsOf(config: TaskConfig, { log }: TaskHost): TaskStatus['groups'] {
  const { groups, name: task } = config;
  const exposure = exposureOf(config);
  if (groups === undefined || exposure === undefined) return undefined;
  const { groupSize: members, tolerated, chance, safeShare } = exposure;
  log.info('groups-exposed', { task, groups: groups.count, members, tolerated, chance, safe: safeShare });
  return { count: groups.count, rule: groups.rule, ...exposure };
}

function heldOutOf({ name, validation }: TaskConfig, { evaluate }: TaskHost): HeldOut | undefined {
  if (validation === undefined) return undefined;
  if (evaluate !== undefined) return new HeldOut(name, validation, evaluate);
  throw new CairnError(
    'config-invalid',
    `task "${name}": validation compares each new model against held-out data, but the coordinator has none`,
    { hint: 'name the data (cairn coordinator --held-out), or omit validation' },
  );
}
