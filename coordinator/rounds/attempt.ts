import type { Drop, Outgoing, ServerStateName } from '../../protocol/aggregation/server/types.ts';
import { planCost, type UnmaskPlan } from '../../protocol/aggregation/unmask.ts';
import { asCairnError, type CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { MaskVector } from '../../protocol/kernels/index.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';
import type { TaskConfig } from '../config/index.ts';
import type { Place } from '../gateway/index.ts';
import type { Evaluation, RoundReport } from '../report.ts';
import { largestMessage } from '../sizes.ts';
import { chooseCohort, invitations } from './cohort.ts';
import type { TaskHost } from './host.ts';
import type { Learned, TaskModel } from './model.ts';
import { abandonedOutcome, committedOutcome } from './outcome.ts';
import { Round, type RoundEnd } from './round.ts';
import { deadlinesOf, settingsFor } from './settings.ts';
import type { Suspect } from './suspects.ts';

/** What an attempt came to, as far as the model is concerned. */
type Result =
  | {
      readonly kind: 'committed';
      readonly included: readonly MemberId[];
      readonly drops: readonly Drop[];
      readonly learned: Learned;
    }
  | { readonly kind: 'abandoned'; readonly error: CairnError; readonly drops: readonly Drop[] };

const constant =
  (bytes: Uint8Array): (() => Uint8Array) =>
  () =>
    bytes;

/** Who wants to know how an attempt goes on. */
export interface Watch {
  state(name: ServerStateName, members: number): void;
  /** So many of the masks in the sum have been taken out. */
  progress(done: number, of: number): void;
}

/** One attempt at a round, from the choice of the cohort to its report. */
export class Attempt {
  /** Whom it speaks against, once it has ended. */
  suspects: readonly Suspect[] = [];
  readonly #task: TaskConfig;
  readonly #model: TaskModel;
  readonly #host: TaskHost;
  readonly #number: number;
  readonly #startedAt = new Date().toISOString();
  readonly #settings: RoundSettings;
  readonly #invited: readonly MemberId[];
  readonly #round: Round;
  readonly #place: Place;
  readonly #watch: Watch;

  /** @throws CairnError where the round cannot be run with these settings, `directory-expired` */
  constructor(
    task: TaskConfig,
    model: TaskModel,
    host: TaskHost,
    idle: readonly MemberId[],
    number: number,
    watch: Watch,
  ) {
    this.#task = task;
    this.#model = model;
    this.#host = host;
    this.#number = number;
    this.#watch = watch;
    const { primitives, random, seats, log } = host;
    const directory = task.adversary === 'active' ? host.members.current() : undefined;
    const round = model.round + 1;
    const modelHash = model.hashBytes;
    this.#settings = settingsFor(task, { round, dimension: model.layout.size, modelHash, directory, random });
    this.#invited = chooseCohort(idle, invitations(task.cohort, task.overSelect), random);
    const at = { task: task.name, round, attempt: number };
    this.#round = new Round({
      primitives,
      settings: this.#settings,
      ...(directory === undefined ? {} : { directory }),
      invited: this.#invited,
      target: Math.min(task.cohort, this.#invited.length),
      deadlines: deadlinesOf(task),
      unmask: (plan, signal) => this.#unmask(plan, signal),
      send: ({ to, bytes, last = false }) => seats.send(to, bytes, { last, from: this.#place }),
      onState: (state, members) => {
        watch.state(state, members);
        log.debug('round-state', { ...at, state, members });
        host.state({ ...at, state, members });
      },
      onDrop: (drop) => {
        const { member, state, reason, effect } = drop;
        log.info('member-dropped', { ...at, member, state, code: reason, effect });
        host.dropped(task.name, drop);
      },
    });
    const running = this.#round;
    this.#place = {
      context: running.settingsHash,
      largest: largestMessage(task, this.#settings.dimension),
      refusal: (member, header) => running.refusal(member, header),
      message: (member, bytes) => running.message(member, bytes),
      leave: (member, reason) => running.leave(member, reason),
      sent: (bytes) => running.tally.down(bytes),
    };
  }

  abandon(error: CairnError): void {
    this.#round.abandon(error);
  }

  /** Runs the round to its end. It never rejects: what goes wrong is the report's outcome. */
  async run(): Promise<RoundReport> {
    const round = this.#round;
    const { seats, log } = this.#host;
    log.info('round-started', { ...this.#at, members: this.#invited.length });
    seats.assign(this.#invited, this.#place);
    round.begin();
    const end = await round.ended;
    const result = await this.#settle(end);
    await round.tell(this.#outcomes(result));
    seats.release(this.#invited, this.#place);
    this.suspects = end.suspects;
    return this.#report(result, result.kind === 'committed' ? await this.#evaluate() : undefined);
  }

  get #at(): { readonly task: string; readonly round: number; readonly attempt: number } {
    return { task: this.#task.name, round: this.#settings.round, attempt: this.#number };
  }

  async #unmask(plan: UnmaskPlan, signal: AbortSignal): Promise<MaskVector> {
    const { unmasker, log } = this.#host;
    const task = this.#task.name;
    const started = performance.now();
    const masks = planCost(plan);
    const { correction, workers } = await unmasker.compute(plan, {
      signal,
      onProgress: (done, of) => {
        this.#watch.progress(done, of);
        this.#host.progress({ ...this.#at, done, of });
      },
    });
    log.debug('unmasked', { ...this.#at, masks, workers, ms: Math.round(performance.now() - started) });
    this.#host.unmasked(task, masks, workers);
    return correction;
  }

  async #settle(end: RoundEnd): Promise<Result> {
    const { drops } = end;
    if (end.kind === 'aborted') return { kind: 'abandoned', error: end.error, drops };
    try {
      const { included } = end;
      return {
        kind: 'committed',
        included,
        drops,
        learned: await this.#model.commit(this.#settings, [{ sum: end.sum, count: included.length }]),
      };
    } catch (thrown) {
      return { kind: 'abandoned', error: asCairnError(thrown), drops };
    }
  }

  /** How the round ended, for everybody who was invited. A seat keeps its one until the next round: they are shared. */
  #outcomes(result: Result): Outgoing[] {
    const header = { suite: this.#settings.suite, context: this.#round.settingsHash };
    if (result.kind === 'abandoned') {
      const bytes = constant(abandonedOutcome(header, result.error));
      return this.#invited.map((to) => ({ to, bytes, last: true }));
    }
    const { hashBytes } = this.#model;
    const [inside, outside] = [true, false].map((included) => constant(committedOutcome(header, included, hashBytes)));
    const included = new Set(result.included);
    return this.#invited.map((to) => ({ to, bytes: included.has(to) ? inside : outside, last: true }));
  }

  async #evaluate(): Promise<Evaluation | undefined> {
    try {
      return await this.#host.evaluate?.(this.#task.name, this.#model.tensors);
    } catch (thrown) {
      this.#host.log.warn('evaluation-failed', this.#at);
      this.#host.fault(asCairnError(thrown));
      return undefined;
    }
  }

  #report(result: Result, evaluation: Evaluation | undefined): RoundReport {
    const { tally } = this.#round;
    const { ms, bytesUp, bytesDown } = tally.total;
    const common = {
      ...this.#at,
      startedAt: this.#startedAt,
      members: tally.members,
      drops: result.drops,
      bytesUp,
      bytesDown,
      ms,
      states: tally.states,
      modelHash: this.#model.hash,
    };
    const { log } = this.#host;
    if (result.kind === 'abandoned') {
      const { code, message } = result.error;
      log.warn('round-abandoned', { ...this.#at, code, ms });
      return { ...common, outcome: 'abandoned', code, message, included: 0 };
    }
    const included = result.included.length;
    log.info('round-committed', { ...this.#at, members: included, ms });
    return {
      ...common,
      outcome: 'committed',
      included,
      ...result.learned,
      ...(evaluation === undefined ? {} : { evaluation }),
    };
  }
}
