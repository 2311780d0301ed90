import { benchKernels, type Kernels, type KernelsPlan } from './kernels/measure.ts';
import { benchMpc, type MpcPlan } from './mpc/measure.ts';
import { benchRound, type RoundRow } from './rounds/row.ts';
import type { RoundShape } from './rounds/shape.ts';
import { joinCrowd, type Crowd, type CrowdResult } from './sockets/crowd.ts';
import { benchSockets, type SocketsPlan } from './sockets/round.ts';
import type { BlockSpeed, SocketRound, WitnessCheck } from './schema.ts';
import { multiplyEngine, trainEngine } from './training/engine.ts';
import type { TrainingRequest } from './training/models.ts';
import { trainTensorflow } from './training/tensorflow.ts';
import { benchWitnesses, type WitnessesPlan } from './witnesses/measure.ts';

/** What can run in a separate process: by name, with an argument and a result that JSON can represent. */
export interface Tasks {
  kernels: { argument: KernelsPlan; result: Kernels };
  round: { argument: RoundShape; result: RoundRow };
  sockets: { argument: SocketsPlan; result: SocketRound };
  crowd: { argument: Crowd; result: CrowdResult };
  engine: { argument: TrainingRequest; result: number };
  product: { argument: { readonly repeats: number }; result: number };
  tensorflow: { argument: TrainingRequest; result: number | null };
  witnesses: { argument: WitnessesPlan; result: WitnessCheck[] };
  mpc: { argument: MpcPlan; result: BlockSpeed[] };
}

/** Runs a task and returns its result. */
export type RunTask = <Name extends keyof Tasks>(
  name: Name,
  argument: Tasks[Name]['argument'],
) => Promise<Tasks[Name]['result']>;

type Implementations = {
  [Name in keyof Tasks]: (argument: Tasks[Name]['argument'], run: RunTask) => Promise<Tasks[Name]['result']>;
};

const IMPLEMENTATIONS: Implementations = {
  kernels: benchKernels,
  round: benchRound,
  sockets: (plan, run) => benchSockets(plan, (crowd) => run('crowd', crowd)),
  crowd: joinCrowd,
  engine: trainEngine,
  product: multiplyEngine,
  tensorflow: trainTensorflow,
  witnesses: benchWitnesses,
  mpc: benchMpc,
};

/** Whether a task with this name exists. */
export const isTask = (name: string): name is keyof Tasks => Object.hasOwn(IMPLEMENTATIONS, name);

/** Runs a task in this process. @param run for the tasks that it starts itself */
export function performTask<Name extends keyof Tasks>(
  name: Name,
  argument: Tasks[Name]['argument'],
  run: RunTask,
): Promise<Tasks[Name]['result']> {
  return IMPLEMENTATIONS[name](argument, run);
}
