import { CairnError } from '../../protocol/errors.ts';
import { ParameterLayout, type Shapes } from '../../protocol/model/layout.ts';
import { decodeSafetensors, encodeSafetensors } from '../../protocol/model/safetensors.ts';
import { untrainedNames } from '../../protocol/model/untrained.ts';
import type { TaskConfig } from '../config/index.ts';
import type { Store, TaskRecord } from '../store/index.ts';
import { createStrategy, type Strategy } from '../strategies/index.ts';
import { configuredModel, type InitialModel } from './initial-model.ts';
import { allFinite } from './learn.ts';

/** Where a task stands when its coordinator starts. */
export interface Standing {
  readonly strategy: Strategy;
  readonly layout: ParameterLayout;
  /** The parameters in layout order. */
  readonly flat: Float32Array;
  /** As the store has it, but for a strategy's state that does not fit any more, which is begun anew. */
  readonly record: TaskRecord;
}

/**
 * Reads from the store where a task stands, or starts it.
 * @param given - the model to start from, instead of the configuration's
 * @throws CairnError `config-invalid` where there is no model, the stored one has other shapes, or its rounds had noise
 * and are to have none or the other way round;
 * `config-unreadable`, `model-malformed`, `update-shape` for bad files
 */
export async function openStanding(store: Store, task: TaskConfig, given?: InitialModel): Promise<Standing> {
  const strategy = createStrategy(task.strategy);
  const record = await store.loadTask(task.name);
  if (record === undefined) return started(store, strategy, task, given);

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
  return { strategy, layout, flat: layout.flatten(tensors), record: { ...record, strategyState } };
}

async function started(store: Store, strategy: Strategy, task: TaskConfig, given?: InitialModel): Promise<Standing> {
  const { tensors, shapes, metadata = {} } = given ?? (await configuredModel(task));
  const layout = new ParameterLayout(shapes);
  const flat = layout.flatten(tensors);
  if (!allFinite(flat)) {
    throw new CairnError('model-malformed', `task "${task.name}": its first model holds NaN or an infinite value`);
  }
  const untrained = task.untrained ?? untrainedNames(metadata) ?? [];
  const record: TaskRecord = {
    task: task.name,
    round: 0,
    modelHash: await store.putModel(encodeSafetensors(tensors, shapes)),
    strategy: strategy.name,
    strategyState: strategy.init(layout.size),
    ...(untrained.length === 0 ? {} : { untrained }),
  };
  await store.saveTask(record);
  return { strategy, layout, flat, record };
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
