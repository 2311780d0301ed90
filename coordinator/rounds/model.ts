import { readFile } from 'node:fs/promises';
import { addNoise, type OpenedSum, readSum, type UnmaskedSum } from '../../protocol/aggregation/inputs/index.ts';
import { fromHex } from '../../protocol/crypto/bytes.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import type { RandomSource } from '../../protocol/crypto/random.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { type NamedTensors, ParameterLayout, type Shapes } from '../../protocol/model/layout.ts';
import { decodeSafetensors, encodeSafetensors } from '../../protocol/model/safetensors.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';
import type { TaskConfig } from '../config/index.ts';
import { createStrategy, type Strategy, type StrategyState } from '../strategies/index.ts';
import type { PrivacyRecord, Store, TaskRecord } from '../store/index.ts';
import { type Combined, combineGroups } from './combined.ts';
import { allFinite, NextModel, partOf } from './learn.ts';
import { seededTensors } from './seeded.ts';
import { TaskPrivacy } from './task-privacy.ts';
import { inTurns } from './turns.ts';

/** A model to start from. */
export interface InitialModel {
  readonly tensors: NamedTensors;
  readonly shapes: Shapes;
}

/** What a committed round taught; nothing where its sum has noise, which has no metrics. */
export interface Learned {
  readonly examples?: number;
  readonly loss?: number;
  readonly accuracy?: number;
}

/** What became of a round's sums. */
export interface Commit {
  readonly learned: Learned;
  /** Why a group's sum does not count, by its place among the groups. */
  readonly leftOut: Combined['leftOut'];
  /** Whether the new model is the task's now. */
  readonly adopted: boolean;
}

/** The unmasked sum of one group of members. */
export interface GroupSum extends UnmaskedSum {
  /** Hash of its settings: 32 bytes. */
  readonly settingsHash: Uint8Array;
}

/** What opening sums takes. */
export interface OpeningTools {
  readonly primitives: Primitives;
  /** A CSPRNG: the coordinator's noise comes from it. */
  readonly random: RandomSource;
}

/** A task's model and its way forward: current parameters, strategy and number of committed rounds, all in the store. */
export class TaskModel {
  readonly layout: ParameterLayout;
  /** The task's accountant; undefined where its sums have no noise. */
  readonly privacy: TaskPrivacy | undefined;
  readonly #task: string;
  readonly #store: Store;
  readonly #strategy: Strategy;
  readonly #groups: TaskConfig['groups'];
  #round: number;
  #hash: string;
  #flat: Float32Array;
  #state: StrategyState;

  private constructor(
    store: Store,
    strategy: Strategy,
    task: TaskConfig,
    layout: ParameterLayout,
    flat: Float32Array,
    record: TaskRecord,
  ) {
    this.#groups = task.groups;
    this.privacy = TaskPrivacy.of(task, layout.size, record.privacy);
    this.#task = record.task;
    this.#store = store;
    this.#strategy = strategy;
    this.layout = layout;
    this.#flat = flat;
    this.#round = record.round;
    this.#hash = record.modelHash;
    this.#state = record.strategyState;
  }

  /**
   * Goes on where the store says that the task stands, or starts it.
   * @param given - the model to start from, instead of the configuration's
   * @throws CairnError `config-invalid` where there is no model, the stored one has other shapes, or its rounds had noise
   * and are to have none or the other way round;
   * `config-unreadable`, `model-malformed`, `update-shape` for bad files
   */
  static async open(store: Store, task: TaskConfig, given?: InitialModel): Promise<TaskModel> {
    const strategy = createStrategy(task.strategy);
    const record = await store.loadTask(task.name);
    if (record === undefined) return TaskModel.#start(store, strategy, task, given);

    const bytes = await store.getModel(record.modelHash);
    if (bytes === undefined) {
      throw new CairnError(
        'model-malformed',
        `task "${task.name}": its model ${record.modelHash} is missing from the store`,
        {
          hint: 'restore the file from a copy, or choose another dataDir to start anew',
        },
      );
    }
    assertSameNoise(task, record);
    const { tensors, shapes } = decodeSafetensors(bytes);
    const layout = new ParameterLayout(shapes);
    assertSameShapes(task, layout, given?.shapes ?? task.model?.tensors);
    const fits = (vector: Float32Array): boolean => vector.length === layout.size;
    const kept = record.strategy === strategy.name && Object.values(record.strategyState).every(fits);
    const strategyState = kept ? record.strategyState : strategy.init(layout.size);
    return new TaskModel(store, strategy, task, layout, layout.flatten(tensors), { ...record, strategyState });
  }

  static async #start(store: Store, strategy: Strategy, task: TaskConfig, given?: InitialModel): Promise<TaskModel> {
    const { tensors, shapes } = given ?? (await configuredModel(task));
    const layout = new ParameterLayout(shapes);
    const flat = layout.flatten(tensors);
    if (!allFinite(flat)) {
      throw new CairnError('model-malformed', `task "${task.name}": its first model holds NaN or an infinite value`);
    }
    const record: TaskRecord = {
      task: task.name,
      round: 0,
      modelHash: await store.putModel(encodeSafetensors(tensors, shapes)),
      strategy: strategy.name,
      strategyState: strategy.init(layout.size),
    };
    await store.saveTask(record);
    return new TaskModel(store, strategy, task, layout, flat, record);
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

  /**
   * Pays for a round of a task with noise, and has the store know it. What is refused must not be learnt, so it comes
   * before a sum is opened.
   * @throws CairnError `privacy-budget` where the round would exceed the budget, or what the store throws
   */
  async pay(): Promise<void> {
    if (this.privacy === undefined) return;
    const record = this.privacy.paid();
    await this.#store.saveTask(this.#record(record));
    this.privacy.adopt(record);
  }

  #record(privacy: PrivacyRecord | undefined): TaskRecord {
    const standing = { task: this.#task, round: this.#round, modelHash: this.#hash };
    const strategy = { strategy: this.#strategy.name, strategyState: this.#state };
    return { ...standing, ...strategy, ...(privacy === undefined ? {} : { privacy }) };
  }

  /**
   * Turns the unmasked sums of a round, one for each group of members, into the next model. Until the store has it all,
   * nothing has changed.
   * @param settings - of any of the groups: they differ in the nonce alone. A round with noise is paid for before
   * @param sums - undefined for a group that has none
   * @param accept - looks at the next model before it is kept anywhere, and says whether it is to be the task's
   * @throws CairnError `data-empty` for a sum without weight, `groups-missing`, `update-not-finite` where the model would
   * diverge, or what `accept` or the store throws
   */
  async commit(
    settings: RoundSettings,
    sums: readonly (GroupSum | undefined)[],
    { primitives, random }: OpeningTools,
    accept: (tensors: Record<string, Float32Array>) => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<Commit> {
    const shares: number[] = [];
    for (const words of sums)
      if (words !== undefined) await inTurns(addNoise(settings, words, random, this.privacy?.opening));
    const open = ({ settingsHash, ...words }: GroupSum): OpenedSum => {
      const opened = readSum(primitives, settings, settingsHash, words, this.privacy?.opening);
      if (opened.unclipped !== undefined) shares.push(opened.unclipped);
      return opened;
    };
    const { sum, leftOut } = await combineGroups(this.#groups, sums, open, this.layout.size);
    const { examples, loss, accuracy } = sum;
    const learned = this.privacy === undefined ? { examples, loss, accuracy } : {};
    const next = new NextModel({
      name: `task "${this.#task}": the model after round ${settings.round}`,
      layout: this.layout,
      strategy: this.#strategy,
      flat: this.#flat,
      state: this.#state,
      sum,
    });
    await inTurns(next.steps(partOf(sums.length)));
    if (!(await accept(this.layout.unflatten(next.flat.slice())))) return { learned, leftOut, adopted: false };
    const modelHash = await this.#store.putModel(next.file);
    const privacy = this.privacy?.recordAfter(meanOf(shares));
    await this.#store.saveTask({
      task: this.#task,
      round: settings.round,
      modelHash,
      strategy: this.#strategy.name,
      strategyState: next.state,
      ...(privacy === undefined ? {} : { privacy }),
    });
    if (privacy !== undefined) this.privacy?.adopt(privacy);
    this.#flat = next.flat;
    this.#state = next.state;
    this.#hash = modelHash;
    this.#round = settings.round;
    return { learned, leftOut, adopted: true };
  }
}

/** Undefined for no numbers. */
const meanOf = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;

async function configuredModel({ name, model }: TaskConfig): Promise<InitialModel> {
  if (model?.tensors !== undefined) return { tensors: seededTensors(model.tensors, model.seed), shapes: model.tensors };
  if (model?.file === undefined) {
    throw new CairnError('config-invalid', `task "${name}": a model is missing`, {
      hint: 'give "model" a "file" (safetensors) or "tensors" (name → shape)',
    });
  }
  try {
    return decodeSafetensors(new Uint8Array(await readFile(model.file)));
  } catch (thrown) {
    if (thrown instanceof CairnError)
      throw new CairnError(thrown.code, `${model.file}: ${thrown.message}`, { cause: thrown });
    const { message } = asCairnError(thrown);
    throw new CairnError('config-unreadable', `task "${name}": its model cannot be read: ${message}`, {
      cause: thrown,
    });
  }
}

/** A budget counts all rounds of a task, and is not forgotten: rounds without noise are in none. */
function assertSameNoise({ name, privacy }: TaskConfig, record: TaskRecord): void {
  const counted = record.privacy !== undefined;
  if (counted === (privacy !== undefined) || (!counted && record.round === 0)) return;
  throw new CairnError(
    'config-invalid',
    counted
      ? `task "${name}": its rounds so far had noise and a budget, and the configuration has no "privacy"`
      : `task "${name}": its rounds so far had no noise, and no budget of "privacy" holds for them`,
    { hint: 'rename the task, and give the new one the stored model file if it is to begin from it' },
  );
}

function assertSameShapes({ name }: TaskConfig, stored: ParameterLayout, wanted: Shapes | undefined): void {
  if (wanted === undefined) return;
  const text = (shapes: Shapes): string => JSON.stringify(Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (text(wanted) === text(stored.shapes)) return;
  throw new CairnError(
    'config-invalid',
    `task "${name}": the stored model has other tensors than the configuration names`,
    {
      hint: 'rename the task, or choose another dataDir to start anew',
    },
  );
}
