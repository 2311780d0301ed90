import { setTimeout as sleep } from 'node:timers/promises';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { exposureOf, type TaskConfig } from '../config/index.ts';
import type { RoundReport } from '../report.ts';
import { Attempt } from './attempt.ts';
import { givenUp } from './given-up.ts';
import { HeldOut } from './held-out.ts';
import type { TaskHost } from './host.ts';
import type { TaskModel } from './model.ts';
import { Selection } from './selection.ts';
import type { TaskState, TaskStatus } from './task-status.ts';

/** One training job: it waits for members, runs rounds, and goes on until enough have committed. */
export class Task {
  readonly config: TaskConfig;
  readonly #host: TaskHost;
  readonly #model: TaskModel;
  readonly #heldOut: HeldOut | undefined;
  readonly #groups: TaskStatus['groups'];
  readonly #stopping = new AbortController();
  readonly #selection: Selection;
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
    this.#selection = new Selection({ task: config, host, privacy: model.privacy });
  }

  /** Where it stands. */
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
      idle: this.#selection.idle.length,
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
    const { signal } = this.#stopping;
    const task = this.config.name;
    try {
      while (this.#model.round < this.config.rounds && this.#affordable && !this.#stopped) {
        this.#state = 'waiting';
        if (!(await this.#selection.quorum(signal))) break;
        await this.#payAhead();
        if (signal.aborted) break;
        // Looked up again, and seated without a pause: another task may have woken to the same members and taken them.
        const invited = this.#selection.choose(this.#attemptNumber);
        if (invited !== undefined) await this.#tryRound(invited);
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

  get #spent(): { readonly epsilon?: number } {
    const { privacy } = this.#model;
    return privacy === undefined ? {} : { epsilon: privacy.status.spent };
  }

  /** Whether the privacy budget lasts for another round. */
  get #affordable(): boolean {
    return this.#model.privacy?.lasts ?? true;
  }

  /** Where members are drawn by chance, a draw is paid for before it is made: that it fails may depend on who was drawn. */
  async #payAhead(): Promise<void> {
    if (!this.#selection.needsDraw) return;
    await this.#model.pay();
    this.#selection.drawPaid();
  }

  async #tryRound(invited: readonly MemberId[]): Promise<void> {
    if (!this.#selection.suits(invited)) {
      await this.#pause(this.config.retryPause);
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
    this.#selection.repeat(attempt.inVain);
    await this.#host.report({ ...report, ...this.#selection.judge(invited, attempt.suspects, report) });
    await this.#afterwards(report, invited);
  }

  async #afterwards(report: RoundReport, invited: readonly MemberId[]): Promise<void> {
    if (report.outcome === 'committed') {
      this.#attemptNumber = 1;
      this.#selection.committed();
      if (this.#model.round < this.config.rounds) await this.#pause(this.config.pause);
      return;
    }
    if (this.#stopped) return;
    if (this.#attemptNumber >= this.config.attempts)
      throw givenUp(this.config.name, report, this.#selection.quarrelling(invited));
    this.#attemptNumber++;
    await this.#pause(this.config.retryPause);
  }

  async #pause(seconds: number): Promise<void> {
    if (seconds === 0) return;
    this.#state = 'paused';
    await sleep(seconds * 1000, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
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
