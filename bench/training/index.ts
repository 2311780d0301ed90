import type { TrainingSpeed } from '../schema.ts';
import type { Runner } from '../support/runner.ts';
import { grouped, table } from '../support/table.ts';
import { flopsPerExample, type ModelName, type TrainingRequest } from './models.ts';
import { trainPytorch } from './pytorch.ts';

export { MODEL_NAMES } from './models.ts';

/** One model, and the number of steps for each engine. */
export interface TrainingPlan extends TrainingRequest {
  /** Steps and repeats of TensorFlow.js, which is slow; undefined skips it. */
  readonly tensorflow?: { readonly steps: number; readonly repeats: number };
  readonly pytorch: boolean;
}

interface Row {
  readonly model: ModelName;
  readonly batch: number;
  readonly ours: number;
  /** null if it is not installed, undefined if it was not requested. */
  readonly tensorflow: number | null | undefined;
  readonly pytorch: number | null | undefined;
}

/** Trains each model in each available engine, and prints the table. */
export async function printTraining(plans: readonly TrainingPlan[], runner: Runner): Promise<TrainingSpeed[]> {
  const rows: Row[] = [];
  for (const plan of plans) {
    runner.note(`training ${plan.model}`);
    rows.push(await measure(plan, runner));
  }
  const { print } = runner;
  const product = plans.length > 0 ? await runner.run('product', { repeats: 15 }) : 0;
  print('Training on small grey images, one thread, examples per second.\n');
  print(
    table(
      ['model', 'batch', 'ours', 'GFLOP/s', 'TensorFlow.js cpu', 'PyTorch', 'of PyTorch'],
      rows.map(({ model, batch, ours, tensorflow, pytorch }) => [
        ...[model, grouped(batch), grouped(ours), ((ours * flopsPerExample(model)) / 1e9).toFixed(1)],
        ...[cell(tensorflow), cell(pytorch)],
        typeof pytorch === 'number' ? (ours / pytorch).toFixed(2) : '',
      ]),
    ),
  );
  print(`\nThe matrix product alone (256 × 256 × 256): ${product.toFixed(1)} GFLOP/s.`);
  if (rows.some(({ tensorflow }) => tensorflow === null)) print('\nTensorFlow.js is not installed here.');
  if (rows.some(({ pytorch }) => pytorch === null)) print('\npython3 with torch is not installed here.');
  print('');
  return rows.flatMap(speeds);
}

const cell = (speed: number | null | undefined): string => {
  if (typeof speed !== 'number') return '–';
  return speed < 100 ? speed.toFixed(1) : grouped(speed);
};

async function measure(plan: TrainingPlan, { run }: Runner): Promise<Row> {
  const { model, batch, steps, repeats, tensorflow, pytorch } = plan;
  const request = { model, batch, steps, repeats };
  const ours = await run('engine', request);
  return {
    ...{ model, batch, ours },
    tensorflow: tensorflow === undefined ? undefined : await run('tensorflow', { ...request, ...tensorflow }),
    pytorch: pytorch ? (trainPytorch(request)?.examplesPerS ?? null) : undefined,
  };
}

function speeds({ model, batch, ours, tensorflow, pytorch }: Row): TrainingSpeed[] {
  const others = { 'TensorFlow.js cpu': tensorflow, PyTorch: pytorch };
  return [
    { model, batch, examplesPerS: ours },
    ...Object.entries(others).flatMap(([engine, speed]) =>
      typeof speed === 'number' ? [{ model: `${model}, ${engine}`, batch, examplesPerS: speed }] : [],
    ),
  ];
}
