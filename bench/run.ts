import { printGrowth } from './growth/index.ts';
import { printKernels } from './kernels/index.ts';
import { printMpc } from './mpc/index.ts';
import type { Plan, TableName } from './plan.ts';
import { benchRounds } from './rounds/index.ts';
import { type BenchReport, reportSchema } from './schema.ts';
import { printSockets } from './sockets/index.ts';
import { describeMachine } from './support/machine.ts';
import type { Runner } from './support/runner.ts';
import { printTraining } from './training/index.ts';
import { printWitnesses } from './witnesses/index.ts';

/** Makes the named tables one after another, and returns their results. */
export async function runBench(plan: Plan, tables: readonly TableName[], runner: Runner): Promise<BenchReport> {
  const machine = describeMachine();
  const { cpu, cores, memoryGB, os, node, openssl, keyImport, loadAverage } = machine;
  runner.print(
    `${cpu}, ${cores} cores, ${memoryGB} GB; ${os}; Node ${node}, OpenSSL ${openssl}, keys ${keyImport.private}/${keyImport.public}; load ${loadAverage}\n`,
  );
  const asked = (name: TableName): boolean => tables.includes(name);
  const kernels = asked('kernels') ? await printKernels(plan.kernels, runner) : { kernels: [], operations: [] };
  const rounds = asked('rounds') ? await benchRounds(plan.rounds, runner) : { rounds: [], traffic: [] };
  return reportSchema.parse({
    ...{ machine, ...kernels, ...rounds },
    sockets: asked('sockets') ? await printSockets(plan.sockets, runner) : [],
    training: asked('training') ? await printTraining(plan.training, runner) : [],
    growth: asked('growth') ? await printGrowth(plan.growth, runner) : [],
    witnesses: asked('witnesses') ? await printWitnesses(plan.witnesses, runner) : [],
    mpc: asked('mpc') ? await printMpc(plan.mpc, runner) : [],
  });
}

/** Whether every sum of every round was exact. */
export function allExact({ rounds, sockets }: BenchReport): boolean {
  return [...rounds, ...sockets].every(({ exact }) => exact);
}
