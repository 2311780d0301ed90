import { COLLUDING, type DemoOptions } from './options.ts';

/** Name of the demonstration's task. */
export const TASK = 'mnist';

/** Examples in MNIST's training part. */
const MNIST_TRAIN = 60_000;

/** The task as it would be in a configuration file. */
export function demoTask({ clients, rounds, kill, partition }: DemoOptions): Record<string, unknown> {
  return {
    name: TASK,
    rounds,
    quorum: clients - kill,
    cohort: clients,
    minCohort: 3,
    overSelect: 0,
    adversary: 'active',
    graph: 'auto',
    colluding: COLLUDING,
    clip: 10,
    // A shard of an uneven partition can be several times the even share; a larger one counts as the maximum.
    maxExamples: Math.ceil(MNIST_TRAIN / clients) * (partition === 'iid' ? 1 : 3),
    lossBound: 16,
    // The scales of this data set are known.
    scales: 'fixed',
    strategy: { name: 'fedavg' },
    training: { epochs: 2, batchSize: 32, learningRate: 0.05, momentum: 0.9 },
    deadlines: { advertiseKeys: 90, shareKeys: 20, maskedInput: 20, consistencyCheck: 20, unmasking: 20 },
  };
}
