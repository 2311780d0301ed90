import { checkLengths } from './lengths.ts';
import type { Strategy } from './types.ts';

/** FedAvg (McMahan et al. 2017): x ← x + η·Δ. With η = 1 the new model is the weighted mean of the clients' models. */
export function fedAvg({ learningRate }: { readonly learningRate: number }): Strategy {
  return {
    name: 'fedavg',
    init: () => ({}),
    apply(model, update, state) {
      checkLengths('fedavg', model, update, state, []);
      return { model: model.map((value, j) => value + learningRate * update[j]!), state: {} };
    },
  };
}

/** FedAvgM (Hsu et al. 2019): v ← β·v + Δ, x ← x + η·v. */
export function fedAvgM(options: { readonly learningRate: number; readonly momentum: number }): Strategy {
  const { learningRate, momentum } = options;
  return {
    name: 'fedavgm',
    init: (size) => ({ velocity: new Float32Array(size) }),
    apply(model, update, state) {
      checkLengths('fedavgm', model, update, state, ['velocity']);
      const velocity = state.velocity!.map((value, j) => momentum * value + update[j]!);
      return { model: model.map((value, j) => value + learningRate * velocity[j]!), state: { velocity } };
    },
  };
}
