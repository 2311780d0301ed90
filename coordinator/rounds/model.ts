import { readMeasures } from '../../protocol/rounds/index.ts';
import { fromHex, type Primitives } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import {
  emptyFile,
  type ModelExtras,
  type ModelFrame,
  modelFrame,
  type ParameterLayout,
  stampMetadata,
  untrainedRanges,
} from '../../protocol/model/index.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';
import type { TaskConfig } from '../config/index.ts';
import type { PendingRecord, PrivacyRecord, ScalesRecord, Store, TaskRecord } from '../store/types.ts';
import type { InitialModel } from './initial-model.ts';
import { isNothing, nothingPending, withAnnounced } from './pending.ts';
import {
  allFinite,
  BUILT_IN,
  type Combined,
  createGroupRule,
  firstScales,
  type GroupSum,
  type GroupTerms,
  highest,
  learn,
  measuredScales,
  type OpeningTools,
  openSums,
  rebased,
  type Registry,
  resolutionOf,
  scalesAfter,
  type Strategy,
  type StrategyState,
  withinBounds,
} from '../../learning/index.ts';
import type { settingsFor } from './settings.ts';
import { openSnapshot, type TaskSnapshot } from './task-snapshot.ts';
import { TaskPrivacy } from './task-privacy.ts';
import { inTurns } from '../../platform/index.ts';

/** What a committed round revealed; nothing if its sum has noise, which has no metrics. */
export interface Learned {
  readonly examples?: number;
  readonly loss?: number;
  readonly accuracy?: number;
  /** Members in the sum whose update was longer than the clip, and those with something else cut. */
  readonly clipped?: number;
  readonly cut?: number;
  /** Estimated rounding error, as a fraction of the update. */
  readonly rounding?: number;
}

/** The result of a round's sums. */
export interface Commit {
  readonly learned: Learned;
  /** Why a group's sum does not count, by its place among the groups. */
  readonly leftOut: Combined['leftOut'];
  /** Whether the new model is now the task's. */
  readonly adopted: boolean;
}

/** What a model's copies say of their origin in addition to the task. */
interface Origin {
  /** Seconds since 1970 (UTC). */
  readonly clock: () => number;
  /** The package's version. */
  readonly version: string;
}

const UNKNOWN_ORIGIN: Origin = { clock: () => Math.floor(Date.now() / 1000), version: 'unknown' };

/** What a record says about a model. */
type Kept = Pick<TaskRecord, 'round' | 'modelHash' | 'date' | 'strategyState'> & {
  readonly pending: PendingRecord;
  readonly scales: ScalesRecord | undefined;
};

/** A task's model and its progress: current parameters, strategy and number of committed rounds, all in the store. */
export class TaskModel {
  readonly layout: ParameterLayout;
  /** The task's accountant; undefined if its sums have no noise. */
  readonly privacy: TaskPrivacy | undefined;
  readonly #task: string;
  readonly #store: Store;
  readonly #strategy: Strategy;
  readonly #groups: GroupTerms | undefined;
  readonly #origin: Origin;
  readonly #extras: ModelExtras;
  readonly #frame: ModelFrame;
  #round: number;
  #date: number;
  #hash: string;
  #flat: Float32Array;
  #state: StrategyState;
  #pending: PendingRecord;
  readonly #config: TaskConfig;
  readonly #untrained: readonly string[];
  readonly #ranges: ReturnType<typeof untrainedRanges>;
  /** Undefined before anything is known, and if they are fixed. */
  #scales: ScalesRecord | undefined;
  /** What is pending according to the store, as text. */
  #kept: string;
  /** Records are saved one after another: several groups may announce their sets at the same time. */
  #saved: Promise<void> = Promise.resolve();

  private constructor(
    store: Store,
    task: TaskConfig,
    { strategy, layout, flat, extras, record }: TaskSnapshot,
    origin: Origin,
    registry: Registry,
  ) {
    this.#origin = origin;
    this.#extras = extras;
    this.#frame = modelFrame(layout, extras);
    this.#date = record.date ?? origin.clock();
    this.#groups = groupTerms(task, registry);
    this.#config = task;
    this.#untrained = task.untrained ?? record.untrained ?? [];
    this.#ranges = untrainedRanges(layout, this.#untrained);
    const kept = task.scales === 'fixed' ? undefined : record.scales;
    this.#scales = kept?.untrained.length === this.#ranges.length ? withinBounds(task, kept) : undefined;
    this.privacy = TaskPrivacy.of(task, layout.size, record.privacy);
    this.#task = record.task;
    this.#store = store;
    this.#strategy = strategy;
    this.layout = layout;
    this.#flat = flat;
    this.#round = record.round;
    this.#hash = record.modelHash;
    this.#state = record.strategyState;
    // The operator may have replaced the model by hand with another, from which nothing has gone out.
    const { pending } = record;
    this.#pending = pending?.modelHash === record.modelHash ? pending : nothingPending(record.modelHash);
    this.#kept = JSON.stringify(this.#pending);
  }

  /**
   * Continues from the task's state in the store, or starts it.
   * @param given - the model to start from, instead of the configuration's
   * @param origin - what its copies say about their origin
   * @param registry - the strategies and rules that the configuration may name
   * @throws CairnError what `openSnapshot` and the store throw; `privacy-budget`, `privacy-infeasible` for noise that
   * is impossible
   */
  static async open(
    store: Store,
    task: TaskConfig,
    given?: InitialModel,
    origin: Origin = UNKNOWN_ORIGIN,
    registry: Registry = BUILT_IN,
  ): Promise<TaskModel> {
    const model = new TaskModel(store, task, await openSnapshot(store, task, registry, given), origin, registry);
    // The coordinator may have crashed between a commit and its copy.
    await model.publish();
    return model;
  }

  /**
   * Writes a copy of the current model for people and other programs, which states its origin. The file that rounds
   * name does not: equal values must have one hash, whatever their task, round or date.
   * @throws what the store throws
   */
  async publish(): Promise<void> {
    const stamp = stampMetadata({
      ...{ task: this.#task, round: this.#round, date: this.#date },
      ...{ modelHash: this.#hash, version: this.#origin.version },
    });
    const { head, tail } = modelFrame(this.layout, {
      ...this.#extras,
      metadata: { ...this.#extras.metadata, ...stamp },
    });
    const { buffer, byteOffset, byteLength } = this.#flat;
    await this.#store.publishModel?.(this.#task, [head, new Uint8Array(buffer, byteOffset, byteLength), tail]);
  }

  /** The last committed round; 0 before the first. */
  get round(): number {
    return this.#round;
  }

  /** SHA-256 of the current model's file, in hex. */
  get hash(): string {
    return this.#hash;
  }

  /** The same as 32 bytes. */
  get hashBytes(): Uint8Array {
    return fromHex(this.#hash);
  }

  /** The current parameters, copied. */
  get tensors(): Record<string, Float32Array> {
    return this.layout.unflatten(this.#flat.slice());
  }

  /** The scales of rounds from the current model. */
  get scales(): Parameters<typeof settingsFor>[1]['scales'] {
    const { maxExamples, lossBound, untrained } = this.#scalesNow;
    return { maxExamples, lossBound, untrained: this.#ranges.map((range, i) => ({ ...range, bound: untrained[i]! })) };
  }

  /**
   * Whether nothing is known of the scales that fit the data, and it is not too late: no member has sent anything yet.
   */
  get unmeasured(): boolean {
    const { scales, privacy } = this.#config;
    return scales === 'measured' && privacy === undefined && this.#scales === undefined && isNothing(this.#pending);
  }

  /**
   * Sets the scales of future rounds from the sums of an attempt that only measured.
   * @param settings - of any of its groups
   * @param sums - undefined for a group that has none
   * @throws CairnError `data-empty` if there is no sum, or what the store throws
   */
  async measured(settings: RoundSettings, sums: readonly (GroupSum | undefined)[]): Promise<void> {
    const peaks = highest(sums.flatMap((sum) => (sum === undefined ? [] : [readMeasures(settings, sum)])));
    if (peaks === undefined) throw new CairnError('data-empty', 'no group has a sum to take scales from');
    await this.#keepScales(measuredScales(this.#config, peaks));
  }

  /** Begins without measured scales. These are stored: members send nothing from one model on different scales. */
  async leaveUnmeasured(): Promise<void> {
    await this.#keepScales(this.#scalesNow);
  }

  get #scalesNow(): ScalesRecord {
    return this.#scales ?? firstScales(this.#config, this.#ranges.length);
  }

  async #keepScales(scales: ScalesRecord): Promise<void> {
    await this.#save({ ...this.#standing, scales }, this.privacy?.record);
    this.#scales = scales;
  }

  /** What has gone out to members from the current model. */
  get pending(): PendingRecord {
    return this.#pending;
  }

  /**
   * A survivor set is about to be shown to its members.
   * @param members - ids, ascending
   * @returns resolves when the store has it, before which no member may be shown it; undefined if it has it already
   * @throws CairnError `internal` if a member is in another set that was announced from this model
   */
  announce(members: readonly number[]): Promise<void> | undefined {
    return this.#keep(withAnnounced(this.#pending, members));
  }

  /** Replaces what is pending. @returns resolves when the store has it */
  async remember(pending: PendingRecord): Promise<void> {
    await this.#keep(pending);
  }

  /** Undefined if the store has it already. If the store fails, the change stays in memory and is saved again later. */
  #keep(pending: PendingRecord): Promise<void> | undefined {
    this.#pending = pending;
    return JSON.stringify(pending) === this.#kept ? undefined : this.#save(this.#standing, this.privacy?.record);
  }

  /**
   * Moves the model by the step of {@link rebased}, so that sets announced from it no longer bind any member. Until the
   * store has it, nothing has changed.
   * @throws CairnError `update-not-finite` if the step leaves the range of float32, or what the store throws
   */
  async rebase(primitives: Primitives): Promise<void> {
    const rebases = this.#pending.rebases + 1;
    const flat = rebased(primitives, this.#flat, this.hashBytes, rebases);
    if (!allFinite(flat)) {
      throw new CairnError(
        'update-not-finite',
        `task "${this.#task}": the model cannot be moved: its values are too large`,
        { hint: 'start the task from another model' },
      );
    }
    const moved = emptyFile(this.#frame, flat.length);
    moved.flat.set(flat);
    const modelHash = await this.#store.putModel(moved.file);
    const pending = nothingPending(modelHash, rebases);
    await this.#save({ ...this.#standing, modelHash, pending }, this.privacy?.record);
    this.#flat = flat;
    this.#hash = modelHash;
    this.#pending = pending;
  }

  /**
   * Pays for a round of a task with noise, and saves that. A sum that is refused must not be revealed, so this comes
   * before a sum is opened.
   * @throws CairnError `privacy-budget` if the round would exceed the budget, or what the store throws
   */
  async chargePrivacy(): Promise<void> {
    if (this.privacy === undefined) return;
    const record = this.privacy.paid();
    await this.#save(this.#standing, record);
    this.privacy.adopt(record);
  }

  /**
   * Turns the unmasked sums of a round, one for each group of members, into the next model. Until the store has it all,
   * nothing has changed.
   * @param settings - of any of the groups: they differ only in the nonce. A round with noise must already be paid for
   * @param sums - undefined for a group that has none
   * @param tools - for making the coordinator's noise
   * @param accept - inspects the next model before it is stored anywhere, and says whether it becomes the task's
   * @throws CairnError `data-empty` for a sum without weight, `groups-missing`, `update-not-finite` if the model would
   * diverge, or what `accept` or the store throws
   */
  async commit(
    settings: RoundSettings,
    sums: readonly (GroupSum | undefined)[],
    tools: OpeningTools,
    accept: (tensors: Record<string, Float32Array>) => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<Commit> {
    const { file, flat } = emptyFile(this.#frame, this.layout.size);
    const { sum, leftOut, unclipped, bounded, next } = await computed(
      learn(
        {
          name: `task "${this.#task}": the model after round ${settings.round}`,
          strategy: this.#strategy,
          flat: this.#flat,
          state: this.#state,
          into: flat,
          untrained: this.#ranges,
        },
        openSums({ settings, groups: this.#groups, reading: this.privacy?.reading }, sums, tools),
        sums.length,
      ),
    );
    const { examples, loss, accuracy } = sum;
    const count = sums.reduce((all, words) => all + (words?.count ?? 0), 0);
    const { rounding, coarse } = resolutionOf(settings, { count, totalWeight: sum.totalWeight, rms: next.rms });
    const told = bounded === undefined ? {} : { clipped: bounded.clipped, cut: bounded.cut };
    const learned = this.privacy === undefined ? { examples, loss, accuracy, ...told, rounding } : {};
    if (!(await accept(this.layout.unflatten(flat.slice())))) return { learned, leftOut, adopted: false };
    const modelHash = await this.#store.putModel(file);
    const privacy = this.privacy?.recordAfter(unclipped);
    // An empty sum leaves the model as it is: its members have still signed from these values.
    const pending = modelHash === this.#hash ? { ...this.#pending, rebases: 0 } : nothingPending(modelHash);
    // From one model all inputs are on the same scales.
    const scales =
      bounded === undefined || modelHash === this.#hash || this.#config.scales === 'fixed'
        ? this.#scales
        : scalesAfter(this.#config, this.#scalesNow, bounded.peaks, coarse);
    const date = this.#origin.clock();
    const { state: strategyState } = next;
    await this.#save({ round: settings.round, modelHash, date, strategyState, pending, scales }, privacy);
    this.#scales = scales;
    if (privacy !== undefined) this.privacy?.adopt(privacy);
    this.#flat = flat;
    this.#state = next.state;
    this.#hash = modelHash;
    this.#round = settings.round;
    this.#date = date;
    this.#pending = pending;
    return { learned, leftOut, adopted: true };
  }

  get #standing(): Kept {
    return {
      ...{ round: this.#round, modelHash: this.#hash, date: this.#date },
      ...{ strategyState: this.#state, pending: this.#pending, scales: this.#scales },
    };
  }

  /** Saves the task's state, and what its rounds have cost. */
  #save({ pending, scales, ...standing }: Kept, privacy: PrivacyRecord | undefined): Promise<void> {
    const record = {
      ...{ task: this.#task, strategy: this.#strategy.name, ...standing },
      ...(privacy === undefined ? {} : { privacy }),
      ...(isNothing(pending) ? {} : { pending }),
      ...(scales === undefined ? {} : { scales }),
      ...(this.#untrained.length === 0 ? {} : { untrained: this.#untrained }),
    };
    const saved = this.#saved.then(async () => {
      await this.#store.saveTask(record);
      this.#kept = JSON.stringify(pending);
    });
    this.#saved = saved.catch(() => undefined);
    return saved;
  }
}

/** How a task's groups are combined; undefined if cohorts are not split. @throws CairnError from `createGroupRule` */
function groupTerms({ groups }: TaskConfig, registry: Registry): GroupTerms | undefined {
  if (groups === undefined) return undefined;
  const { count, minSums, ...rule } = groups;
  return { count, minSums, rule: createGroupRule(rule, registry) };
}

/**
 * Runs a computation to its end without blocking the event loop for longer than a slice. @throws what it throws
 * @throws what it throws
 */
async function computed<Result>(steps: Generator<unknown, Result>): Promise<Result> {
  let result!: Result;
  await inTurns(
    (function* () {
      result = yield* steps;
    })(),
  );
  return result;
}
