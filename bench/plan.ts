import type { GrowthPlan } from './growth/index.ts';
import type { KernelsPlan } from './kernels/measure.ts';
import type { MpcPlan } from './mpc/index.ts';
import type { RoundShape, RoundsPlan } from './rounds/index.ts';
import type { SocketsPlan } from './sockets/round.ts';
import { MODEL_NAMES, type TrainingPlan } from './training/index.ts';
import type { WitnessesPlan } from './witnesses/index.ts';

/** What each table measures. */
export interface Plan {
  readonly kernels: KernelsPlan;
  readonly rounds: RoundsPlan;
  readonly sockets: readonly SocketsPlan[];
  readonly training: readonly TrainingPlan[];
  readonly growth: GrowthPlan;
  readonly witnesses: WitnessesPlan;
  readonly mpc: MpcPlan;
}

/** The tables by name, in their order. */
export const TABLES = ['kernels', 'rounds', 'sockets', 'training', 'growth', 'witnesses', 'mpc'] as const;

/** One of {@link TABLES}. */
export type TableName = (typeof TABLES)[number];

const D = 100_000;
const REAL_CLIENTS = 7;

function fullRounds(): RoundShape[] {
  const shape = { realClients: REAL_CLIENTS, repeats: 1 };
  const sizes: readonly (Pick<RoundShape, 'n'> & Partial<RoundShape>)[] = [
    { n: 100, realClients: 'all', repeats: 3 },
    { n: 500 },
    { n: 1000 },
  ];
  const grid = sizes.flatMap((size) =>
    (['complete', 'ring'] as const).flatMap((graph) =>
      [0, 0.1, 0.3].map((drop): RoundShape => ({ ...shape, d: D, ...size, drop, graph })),
    ),
  );
  return [
    ...grid,
    { ...shape, n: 10_000, d: D, drop: 0.1, graph: 'ring' },
    { ...shape, n: 100, d: 1_000_000, drop: 0.1, graph: 'complete' },
    { ...shape, n: 100, d: 10_000_000, drop: 0.1, graph: 'complete', realClients: 3 },
    // Measures the coordinator's memory.
    { ...shape, n: 1000, d: 1_000_000, drop: 0.1, graph: 'ring', realClients: 3 },
  ];
}

const training = (steps: Record<(typeof MODEL_NAMES)[number], number>, repeats: number): TrainingPlan[] =>
  MODEL_NAMES.map((model) => ({ model, batch: 32, steps: steps[model], repeats, pytorch: true }));

const mpc = (repeats: number, minMs: number): MpcPlan => ({
  ...{ repeats, minMs, batches: [1, 128], lanes: [64, 256, 1024] },
  ...{ transfers: 260_000, values: [128, 32_768], gmwLanes: 32_768 },
});

/** The plan of a full run. */
export function fullPlan(): Plan {
  const [mlp, small, large, valid] = training(
    { 'MLP 784-128-64-10': 1500, 'CNN 8/16': 150, 'CNN 32/64 fc 512': 20, 'CNN 32/64 valid fc 200': 60 },
    7,
  ) as [TrainingPlan, TrainingPlan, TrainingPlan, TrainingPlan];
  return {
    kernels: { words: D, repeats: 61, operations: { repeats: 31, n: 1000, t: 667 }, opensslSeconds: 1 },
    rounds: { shapes: fullRounds(), traffic: { n: 1024, d: 2 ** 20 } },
    sockets: [
      { clients: 100, processes: 2, d: D },
      { clients: 1000, processes: 4, d: D },
    ],
    training: [
      { ...mlp, tensorflow: { steps: 20, repeats: 3 } },
      { ...small, tensorflow: { steps: 1, repeats: 1 } },
      large,
      valid,
    ],
    growth: {
      n: { values: [64, 128, 256, 512], d: 20_000 },
      d: { values: [10_000, 31_623, 100_000, 316_228, 1_000_000], n: 100 },
      ...{ drop: 0.1, realClients: 7, repeats: 3 },
    },
    witnesses: { sizes: [100, 1000, 10_000], repeats: 31 },
    mpc: mpc(15, 20),
  };
}

/** Under a minute in total on two idle cores. */
export function quickPlan(): Plan {
  const shape = { d: D, drop: 0.1, realClients: 5, repeats: 1 };
  const [mlp, small, large, valid] = training(
    { 'MLP 784-128-64-10': 400, 'CNN 8/16': 40, 'CNN 32/64 fc 512': 5, 'CNN 32/64 valid fc 200': 15 },
    3,
  ) as [TrainingPlan, TrainingPlan, TrainingPlan, TrainingPlan];
  return {
    kernels: { words: D, repeats: 11, operations: { repeats: 5, n: 1000, t: 667 }, opensslSeconds: 1 },
    rounds: {
      shapes: [
        { ...shape, n: 100, graph: 'complete', repeats: 3 },
        { ...shape, n: 100, graph: 'ring', repeats: 3 },
        { ...shape, n: 500, graph: 'ring' },
      ],
      traffic: { n: 256, d: 2 ** 20 },
    },
    sockets: [{ clients: 32, processes: 2, d: 10_000 }],
    training: [{ ...mlp, tensorflow: { steps: 5, repeats: 1 } }, small, large, valid],
    growth: {
      n: { values: [64, 128, 256], d: 5000 },
      d: { values: [10_000, 31_623, 100_000], n: 64 },
      ...{ drop: 0.1, realClients: 3, repeats: 1 },
    },
    witnesses: { sizes: [100, 1000, 10_000], repeats: 5 },
    mpc: mpc(3, 5),
  };
}
