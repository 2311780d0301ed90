import { z } from 'zod';
import { defineStrategy } from './define.ts';

const learningRate = z.number().gt(0).default(1);

/** FedAvg (McMahan et al. 2017): x ← x + η·Δ. With η = 1 the new model is the weighted mean of the clients' models. */
export const fedAvg = defineStrategy({
  name: 'fedavg',
  options: z.object({ learningRate }),
  create: (options) => ({
    init: () => ({}),
    apply: (model, update) => ({
      model: model.map((value, j) => value + options.learningRate * update[j]!),
      state: {},
    }),
  }),
});

/** FedAvgM (Hsu et al. 2019): v ← β·v + Δ, x ← x + η·v. */
export const fedAvgM = defineStrategy({
  name: 'fedavgm',
  options: z.object({ learningRate, momentum: z.number().min(0).lt(1).default(0.9) }),
  create: (options) => ({
    init: (size) => ({ velocity: new Float32Array(size) }),
    apply(model, update, state) {
      const velocity = state.velocity!.map((value, j) => options.momentum * value + update[j]!);
      return { model: model.map((value, j) => value + options.learningRate * velocity[j]!), state: { velocity } };
    },
  }),
});
