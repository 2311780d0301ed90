import type { Drop, Outgoing, ServerStateName } from '../../protocol/rounds/index.ts';
import { asCairnError, type CairnError, type ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { fromHex } from '../../protocol/crypto/index.ts';
import type { TaskConfig } from '../config/index.ts';
import type { Evaluation, RoundReport } from '../report.ts';
import { plainRefusals, type SeatedEnd } from './aftermath.ts';
import { costsOf } from './costs.ts';
import { Group } from './group.ts';
import { assertEvaluation, type HeldOut, type Verdict } from '../../learning/index.ts';
import type { TaskHost } from './host.ts';
import type { Learned, TaskModel } from './model.ts';
import { abandonedOutcome, committedOutcome } from './outcome.ts';
import { RoundProgress } from './progress.ts';
import type { RoundEnd } from './session-driver.ts';
import { settingsFor } from './settings.ts';
import type { Seated } from './selection.ts';
import type { Suspect } from './suspects.ts';

/** An attempt's result, as far as the model is concerned. */
type Result =
  | {
      readonly kind: 'committed';
      readonly learned: Learned;
      /** Undefined if there is no held-out data. */
      readonly verdict: Verdict | undefined;
    }
  | { readonly kind: 'rolled-back'; readonly learned: Learned; readonly verdict: Verdict; readonly error: CairnError }
  | { readonly kind: 'measured' }
  | { readonly kind: 'abandoned'; readonly error: CairnError };

/** How one group ended: why its sum does not count, or which members' inputs are in it. */
interface GroupEnd {
  readonly drops: readonly Drop[];
  readonly included: readonly MemberId[];
  readonly code: ErrorCode | undefined;
}

/** Codes of failures that sums of the same inputs would repeat. */
const OF_INPUTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'model-worse',
  'evaluation-not-finite',
  'data-empty',
  'update-not-finite',
]);

const constant =
  (bytes: Uint8Array): (() => Uint8Array) =>
  () =>
    bytes;

/** Callbacks for the progress of an attempt. */
interface Watch {
  state(name: ServerStateName, members: number): void;
  /** `done` of the masks in the sums have been removed. */
  progress(done: number, of: number): void;
}

/** Options for creating an attempt. */
export interface AttemptOptions {
  readonly task: TaskConfig;
  readonly model: TaskModel;
  readonly host: TaskHost;
  /** The cohorts seated: one, or one for each group. */
  readonly seated: readonly Seated[];
  /** Whether it only measures scales. Default: no. */
  readonly measures?: boolean;
  /** From 1. */
  readonly number: number;
  /** Undefined if new models are not compared with the previous one. */
  readonly heldOut: HeldOut | undefined;
  readonly watch: Watch;
}

/**
 * One attempt at a round, from the invitations to its report. If the task is split into groups, each group has its own
 * round of secure aggregation, all at the same time.
 */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #startedAt = new Date().toISOString();
  readonly #round: number;
  readonly #groups: readonly Group[];
  #suspects: readonly Suspect[] = [];
  #ends: readonly SeatedEnd[] = [];
  #rolledBack = false;
  #refused: ReadonlySet<MemberId> = new Set();
  #isRefused = false;

  /** @throws CairnError if the round cannot be run with these settings, `directory-expired` */
  constructor(options: AttemptOptions) {
    const { task, model, host, seated, watch, measures = false } = options;
    this.#options = options;
    this.#round = model.round + 1;
    const { random, log } = host;
    const directory = task.adversary === 'active' ? host.members.current() : undefined;
    const progress = new RoundProgress(seated.length);
    const labels = this.#labels;
    this.#groups = seated.map(
      ({ invited, target, again }, place) =>
        new Group({
          task,
          host,
          settings: settingsFor(task, {
            round: this.#round,
            dimension: model.layout.size,
            modelHash: model.hashBytes,
            directory,
            random,
            noisy: model.privacy?.next,
            pending: model.pending,
            scales: model.scales,
            measures,
            scheme: host.schemes[0]?.name,
            // Its members agree to that set or to none: if any member of it is missing, the round ends before anything
            // is signed.
            minCohort: again === undefined ? undefined : target,
          }),
          directory,
          invited,
          target,
          proofs: (again?.proofs ?? []).map(fromHex),
          // Measuring does not bind members to a set for the sum of updates that follows.
          announce: (members) => (measures ? undefined : model.announce(members)),
          at: task.groups === undefined ? labels : { ...labels, group: place + 1 },
          onState: (state, inGroup) => {
            const standing = progress.entered(place, state, inGroup);
            if (standing === undefined) return;
            watch.state(standing.state, standing.members);
            if (task.groups !== undefined) log.debug('round-state', { ...labels, ...standing });
            host.state({ ...labels, ...standing });
          },
          onUnmasked: (mine, ofMine) => {
            const { done, of } = progress.unmasked(place, mine, ofMine);
            watch.progress(done, of);
            host.progress({ ...labels, done, of });
          },
        }),
    );
  }

  /** Members that its rounds give evidence against; known once it has run. */
  get suspects(): readonly Suspect[] {
    return this.#suspects;
  }

  /** How its cohorts ended, if it led to no new model; known once it has run. */
  get ends(): readonly SeatedEnd[] {
    return this.#ends;
  }

  /** Whether the same inputs would fail again, though there were sums of them; known once it has run. */
  get rolledBack(): boolean {
    return this.#rolledBack;
  }

  /** Members that refused it before the roster was closed, see `plainRefusals`; known once it has run. */
  get refused(): ReadonlySet<MemberId> {
    return this.#refused;
  }

  /**
   * Whether it ended only because members refused it, before any other had sent more than keys; known once it has run.
   * Such an attempt has cost no member anything.
   */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  abandon(error: CairnError): void {
    for (const group of this.#groups) group.abandon(error);
  }

  /** Runs the round to its end. It never rejects: a failure becomes the report's outcome. */
  async run(): Promise<RoundReport> {
    const members = this.#groups.reduce((sum, { invited }) => sum + invited.length, 0);
    this.#options.host.log.info('round-started', { ...this.#labels, members });
    for (const group of this.#groups) group.begin();
    const ended = await Promise.all(this.#groups.map((group) => group.ended));
    this.#suspects = ended.flatMap(({ suspects }) => suspects);
    this.#refused = new Set(ended.flatMap(plainRefusals));
    this.#isRefused = this.#refused.size > 0 && ended.every(endedWithoutRoster);
    const { result, leftOut } = await this.#settle(ended);
    const ends = ended.map((end, place) => groupEnd(end, leftOut.get(place)));
    if (result.kind === 'abandoned' || result.kind === 'rolled-back') {
      this.#ends = ended.map((end, place) => seatedEnd(this.#options.seated[place]!, end));
      this.#rolledBack = this.#wasRolledBack(result.error, ended);
    }
    await Promise.all(this.#groups.map((group, place) => group.release(this.#outcomes(result, group, ends[place]!))));
    const isNew = result.kind === 'committed' || result.kind === 'rolled-back';
    const evaluation = !isNew ? undefined : (result.verdict?.evaluation ?? (await this.#evaluate()));
    return this.#report(result, ends, evaluation);
  }

  /** The result of the sums follows from the inputs alone, which stay the same when they are requested again. */
  #wasRolledBack({ code }: CairnError, ended: readonly RoundEnd[]): boolean {
    const sums = ended.filter(({ kind }) => kind === 'committed').length;
    if (code === 'groups-missing') return sums >= (this.#options.task.groups?.minSums ?? 1);
    return sums > 0 && OF_INPUTS.has(code);
  }

  get #labels(): { readonly task: string; readonly round: number; readonly attempt: number } {
    return { task: this.#options.task.name, round: this.#round, attempt: this.#options.number };
  }

  async #settle(
    ended: readonly RoundEnd[],
  ): Promise<{ readonly result: Result; readonly leftOut: ReadonlyMap<number, ErrorCode> }> {
    const { model, host, heldOut } = this.#options;
    const failed = ended.find((end) => end.kind === 'aborted');
    if (failed !== undefined && ended.every((end) => end.kind === 'aborted'))
      return { result: { kind: 'abandoned', error: failed.error }, leftOut: new Map() };
    try {
      const sums = ended.map((end, place) =>
        end.kind === 'aborted'
          ? undefined
          : { sum: end.sum, count: end.included.length, settingsHash: this.#groups[place]!.settingsHash },
      );
      if (this.#options.measures === true) {
        await model.measured(this.#groups[0]!.settings, sums);
        return { result: { kind: 'measured' }, leftOut: new Map() };
      }
      let verdict: Verdict | undefined;
      if (model.privacy?.sampling === undefined) await model.chargePrivacy();
      const { learned, leftOut, adopted } = await model.commit(
        this.#groups[0]!.settings,
        sums,
        host,
        async (candidate) => {
          verdict = await heldOut?.judge(model, candidate);
          return verdict?.worse === undefined;
        },
      );
      const judged = verdict;
      if (!adopted && judged?.worse !== undefined)
        return { result: { kind: 'rolled-back', learned, verdict: judged, error: judged.worse }, leftOut };
      if (judged !== undefined) heldOut?.adopted(model.hash, judged.evaluation);
      return { result: { kind: 'committed', learned, verdict: judged }, leftOut };
    } catch (thrown) {
      const error = asCairnError(thrown);
      // The members did not cause this, and it will not resolve by itself.
      if (error.code === 'evaluation-not-finite') host.fault(error);
      return { result: { kind: 'abandoned', error }, leftOut: new Map() };
    }
  }

  /**
   * How the round ended, for every member invited to a group. A seat keeps its message until the next round, so the
   * bytes are shared. A member in a sum whose model was rolled back is told the same as always, with the hash of the
   * current model: it trains again, and does not resend what is in a sum already.
   */
  #outcomes(result: Result, { settings, settingsHash, invited }: Group, end: GroupEnd): Outgoing[] {
    const header = { suite: settings.suite, context: settingsHash };
    if (result.kind === 'abandoned') {
      const bytes = constant(abandonedOutcome(header, result.error));
      return invited.map((to) => ({ to, name: 'outcome', bytes, last: true }));
    }
    const { hashBytes } = this.#options.model;
    const [inside, outside] = [true, false].map((included) => constant(committedOutcome(header, included, hashBytes)));
    const included = new Set(end.included);
    return invited.map((to) => ({ to, name: 'outcome', bytes: included.has(to) ? inside! : outside!, last: true }));
  }

  /** Evaluates the new model if it is not compared with the previous one. */
  async #evaluate(): Promise<Evaluation | undefined> {
    const { task, model, host } = this.#options;
    try {
      const evaluation = await host.evaluate?.(task.name, model.tensors);
      // It goes into reports, and JSON cannot represent non-finite numbers.
      if (evaluation !== undefined) assertEvaluation(task, evaluation, 'the new model');
      return evaluation;
    } catch (thrown) {
      host.log.warn('evaluation-failed', this.#labels);
      host.fault(asCairnError(thrown));
      return undefined;
    }
  }

  #report(result: Result, ends: readonly GroupEnd[], evaluation: Evaluation | undefined): RoundReport {
    const { task, model, host } = this.#options;
    const costs = costsOf(this.#groups.map(({ tally }) => tally));
    const included = ends.reduce((sum, end) => sum + end.included.length, 0);
    const groups = ends.map(({ included: inside, code }, place) => ({
      invited: this.#groups[place]!.invited.length,
      included: inside.length,
      ...(code === undefined ? {} : { code }),
    }));
    const { repeat, rebases } = this.#groups[0]!.settings;
    const common = {
      ...this.#labels,
      ...(this.#options.measures === true ? { measures: true as const } : {}),
      ...(repeat === 0 ? {} : { repeat }),
      ...(rebases === 0 ? {} : { rebases }),
      startedAt: this.#startedAt,
      ...costs,
      drops: ends.flatMap(({ drops }) => drops),
      ...(task.groups === undefined ? {} : { groups }),
      modelHash: model.hash,
      ...(model.privacy === undefined ? {} : { privacy: model.privacy.status }),
    };
    const { log } = host;
    const { ms } = costs;
    if (result.kind === 'abandoned') {
      const { code, message } = result.error;
      log.warn('round-abandoned', { ...this.#labels, code, ms });
      return { ...common, outcome: 'abandoned', code, message, included: 0 };
    }
    if (result.kind === 'measured') {
      const { maxExamples, lossBound } = model.scales;
      log.info('scales-measured', { ...this.#labels, members: included, maxExamples, lossBound, ms });
      return { ...common, outcome: 'measured', included };
    }
    const { learned, verdict } = result;
    const known = {
      ...learned,
      ...(evaluation === undefined ? {} : { evaluation }),
      ...(verdict === undefined ? {} : { standing: verdict.standing }),
    };
    if (result.kind === 'rolled-back') {
      const { code, message } = result.error;
      log.warn('round-rolled-back', { ...this.#labels, code, members: included, ms });
      return { ...common, outcome: 'rolled-back', code, message, included, ...known };
    }
    const epsilon = model.privacy?.status.spent;
    log.info('round-committed', {
      ...this.#labels,
      members: included,
      ms,
      ...(epsilon === undefined ? {} : { epsilon }),
    });
    return { ...common, outcome: 'committed', included, ...known };
  }
}

const endedWithoutRoster = (end: RoundEnd): boolean =>
  end.kind === 'aborted' && !end.rostered && end.error.code === 'below-threshold';

function groupEnd(end: RoundEnd, leftOut: ErrorCode | undefined): GroupEnd {
  const { drops } = end;
  if (end.kind === 'aborted') return { drops, included: [], code: end.error.code };
  return { drops, included: leftOut === undefined ? end.included : [], code: leftOut };
}

function seatedEnd({ invited, again }: Seated, end: RoundEnd): SeatedEnd {
  const aborted = end.kind === 'aborted' ? end : undefined;
  return { again, invited, error: aborted?.error, drops: end.drops, proofs: aborted?.proofs ?? [] };
}
