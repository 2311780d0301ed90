import type { CoordinatorConfig, InitialModel } from '../../coordinator/index.ts';
import { parseConfig } from '../../coordinator/index.ts';
import type { App } from '../../client/index.ts';

/** The name of the only task. */
export const TASK = 'bench';

/** Shares of members that may collude and drop, as in the table of rounds. */
export const COLLUDING = 0.1;
export const DROPOUT = 0.3;

/** 2^15 − 1: with this as the clip of 16-bit inputs and a weight of one, integers are quantized to themselves. */
const CLIP = 32_767;

/** Seconds: no state of a measured round may end by its deadline. */
const PATIENCE = 900;

/** A coordinator for one curious round with all of `clients`, however slow. */
export function configFor(clients: number): CoordinatorConfig {
  return parseConfig({
    port: 0,
    logLevel: 'silent',
    tasks: [
      {
        ...{ name: TASK, rounds: 1, attempts: 1, adversary: 'curious', unsafeOpenEnrolment: true },
        ...{ colluding: COLLUDING, dropout: DROPOUT },
        ...{ cohort: clients, quorum: clients, overSelect: 0, inputBits: 16, clip: CLIP, maxExamples: 1 },
        ...{ lossBound: 16, scales: 'fixed' },
        deadlines: {
          ...{ advertiseKeys: PATIENCE, shareKeys: PATIENCE, maskedInput: PATIENCE },
          ...{ consistencyCheck: PATIENCE, unmasking: PATIENCE },
        },
      },
    ],
  });
}

/** A model of d zeros. */
export function zeroModel(d: number): InitialModel {
  return { tensors: { weights: new Float32Array(d) }, shapes: { weights: [d] } };
}

/** The integer, −2 … 2, that client i adds to weight j. */
const change = (i: number, j: number): number => ((7 * i + j) % 5) - 2;

/** An app that takes no time: client i adds its own integers. */
export function trivialApp(i: number, d: number): App {
  return {
    shapes: { weights: [d] },
    data: () => undefined,
    train(parameters) {
      const weights = parameters.weights!;
      for (let j = 0; j < d; j++) weights[j]! += change(i, j);
      return Promise.resolve({ parameters: { weights }, examples: 1, loss: 0, accuracy: 0 });
    },
  };
}

/** Whether the model is exactly the mean of all clients' changes: rounding recovers the sum from it. */
export function isMeanOfAll(weights: Float32Array, clients: number): boolean {
  const sums = Array.from({ length: 5 }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < clients; i++) sum += change(i, j);
    return sum;
  });
  return weights.every((weight, j) => Math.abs(weight * clients - sums[j % 5]!) < 1e-3);
}
