import { CairnError } from '../../protocol/errors.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  maxBesideValues,
  type ModelExtras,
  ParameterLayout,
  type Shapes,
  unstamped,
  untrainedNames,
} from '../../protocol/model/index.ts';
import type { TaskConfig } from '../config/index.ts';
import type { Store, TaskRecord } from '../store/types.ts';
import { configuredModel, type InitialModel } from './initial-model.ts';
import { allFinite, createStrategy, type Registry, type Strategy, type StrategyState } from '../../learning/index.ts';

/** A task's state when its coordinator starts. */
export interface TaskSnapshot {
  readonly strategy: Strategy;
  readonly layout: ParameterLayout;
  /** The parameters in layout order. */
  readonly flat: Float32Array;
  /** What else the model's files contain: the same as its first one. */
  readonly extras: ModelExtras;
  /** As in the store, except that a strategy's state that no longer fits is replaced by its initial one. */
  readonly record: TaskRecord;
}

/**
 * Reads a task's state from the store, or starts the task.
 * @param registry - the strategies that the configuration may name
 * @param given - the model to start from, instead of the configuration's
 * @throws CairnError `config-invalid` if there is no model, the stored one has different shapes, or its rounds had
 * noise and must now have none, or vice versa; `config-unreadable`, `model-malformed`, `model-unsupported`,
 * `model-too-large`, `update-shape` for bad files
 */
export async function openSnapshot(
  store: Store,
  task: TaskConfig,
  registry: Registry,
  given?: InitialModel,
): Promise<TaskSnapshot> {
  const strategy = createStrategy(task.strategy, registry);
  const record = await store.loadTask(task.name);
  if (record === undefined) return started(store, strategy, task, given);

  const bytes = await store.getModel(record.modelHash);
  if (bytes === undefined) {
    throw new CairnError(
      'model-malformed',
      `task "${task.name}": its model ${record.modelHash} is missing from the store`,
      {
        hint: `restore models/${record.modelHash}.safetensors in the dataDir from a backup, or choose another dataDir to start over`,
      },
    );
  }
  assertSameNoise(task, record);
  const { tensors, shapes, metadata, kept } = decodeSafetensors(bytes);
  const layout = new ParameterLayout(shapes);
  assertSameShapes(task, layout, given?.shapes ?? task.model?.tensors);
  const first = strategy.init(layout.size);
  const strategyState =
    record.strategy === strategy.name && sameVectors(record.strategyState, first) ? record.strategyState : first;
  return {
    strategy,
    layout,
    flat: layout.flatten(tensors),
    extras: { metadata, kept },
    record: { ...record, strategyState },
  };
}

/** Whether a state has the vectors of another, by name and length. */
function sameVectors(kept: StrategyState, wanted: StrategyState): boolean {
  const names = Object.keys(wanted);
  return (
    Object.keys(kept).length === names.length &&
    names.every((name) => Object.hasOwn(kept, name) && kept[name]!.length === wanted[name]!.length)
  );
}

async function started(
  store: Store,
  strategy: Strategy,
  task: TaskConfig,
  given?: InitialModel,
): Promise<TaskSnapshot> {
  const { tensors, shapes, kept = {}, ...first } = given ?? (await configuredModel(task));
  const layout = new ParameterLayout(shapes);
  const flat = layout.flatten(tensors);
  assertFinite(task, layout, flat);
  // What an earlier task recorded about its model does not apply to this one.
  const metadata = unstamped(first.metadata ?? {});
  const file = encodeSafetensors(tensors, shapes, metadata, kept);
  const beside = file.length - 4 * layout.size;
  const max = maxBesideValues(layout.size);
  if (beside > max) {
    throw new CairnError(
      'model-unsupported',
      `task "${task.name}": header, metadata and untrained tensors take ${beside} bytes of the model’s file; the maximum is ${max}`,
      { hint: 'leave out tensors that are not trained and can be computed' },
    );
  }
  const untrained = task.untrained ?? untrainedNames(metadata) ?? [];
  const record: TaskRecord = {
    task: task.name,
    round: 0,
    modelHash: await store.putModel(file),
    strategy: strategy.name,
    strategyState: strategy.init(layout.size),
    ...(untrained.length === 0 ? {} : { untrained }),
  };
  await store.saveTask(record);
  return { strategy, layout, flat, extras: { metadata, kept }, record };
}

/** A double beyond the largest float has become infinite by now. */
function assertFinite({ name, model }: TaskConfig, layout: ParameterLayout, flat: Float32Array): void {
  if (allFinite(flat)) return;
  const bad = layout.names.find((tensor) => !allFinite(layout.view(flat, tensor)))!;
  const file = model?.file === undefined ? '' : ` (${model.file})`;
  throw new CairnError(
    'model-malformed',
    `task "${name}": tensor "${bad}" of its first model${file} contains NaN, an infinite value, or one beyond 32-bit floats`,
    { hint: 'save the model before it diverged, or draw new initial values' },
  );
}

/** A budget counts all rounds of a task, and is never forgotten: rounds without noise are in none. */
function assertSameNoise({ name, privacy }: TaskConfig, record: TaskRecord): void {
  const counted = record.privacy !== undefined;
  if (counted === (privacy !== undefined) || (!counted && record.round === 0)) return;
  throw new CairnError(
    'config-invalid',
    counted
      ? `task "${name}": its rounds so far had noise and a budget, but the configuration has no "privacy"`
      : `task "${name}": its rounds so far had no noise, so no "privacy" budget can cover them`,
    { hint: 'rename the task, and give the new one the stored model file to start from it' },
  );
}

function assertSameShapes({ name }: TaskConfig, stored: ParameterLayout, wanted: Shapes | undefined): void {
  if (wanted === undefined) return;
  const text = (shapes: Shapes): string => JSON.stringify(Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (text(wanted) === text(stored.shapes)) return;
  throw new CairnError(
    'config-invalid',
    `task "${name}": the stored model’s tensors differ from those in the configuration`,
    {
      hint: 'rename the task, or choose another dataDir to start over',
    },
  );
}
