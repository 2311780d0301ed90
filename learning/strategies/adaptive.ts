import { checkLengths } from './lengths.ts';
import type { AdaptiveOptions, Strategy, StrategyName } from './types.ts';

/** How v follows the squares of the updates: the one line in which the three strategies differ. */
type SecondMoment = (v: number, square: number) => number;

/**
 * The adaptive strategies of Reddi et al. 2021, Algorithm 2: m ← β₁·m + (1 − β₁)·Δ, v by `second`,
 * x ← x + η·m / (√v + τ), with m = 0 and v = τ² at first and no bias correction.
 */
function adaptive(name: StrategyName, options: AdaptiveOptions, second: SecondMoment): Strategy {
  const { learningRate, beta1, tau } = options;
  return {
    name,
    init: (size) => ({ mean: new Float32Array(size), square: new Float32Array(size).fill(tau * tau) }),
    apply(model, update, state) {
      checkLengths(name, model, update, state, ['mean', 'square']);
      const next = new Float32Array(model.length);
      const mean = new Float32Array(model.length);
      const square = new Float32Array(model.length);
      for (let j = 0; j < model.length; j++) {
        const m = beta1 * state.mean![j]! + (1 - beta1) * update[j]!;
        const v = second(state.square![j]!, update[j]! * update[j]!);
        next[j] = model[j]! + (learningRate * m) / (Math.sqrt(v) + tau);
        mean[j] = m;
        square[j] = v;
      }
      return { model: next, state: { mean, square } };
    },
  };
}

/** FedAdagrad: v ← v + Δ². */
export function fedAdagrad(options: AdaptiveOptions): Strategy {
  return adaptive('fedadagrad', options, (v, square) => v + square);
}

/** FedAdam: v ← β₂·v + (1 − β₂)·Δ². */
export function fedAdam({ beta2, ...options }: AdaptiveOptions & { readonly beta2: number }): Strategy {
  return adaptive('fedadam', options, (v, square) => beta2 * v + (1 - beta2) * square);
}

/** FedYogi: v ← v − (1 − β₂)·Δ²·sign(v − Δ²), so that v grows in steps of Δ² however small it was. */
export function fedYogi({ beta2, ...options }: AdaptiveOptions & { readonly beta2: number }): Strategy {
  return adaptive('fedyogi', options, (v, square) => v - (1 - beta2) * square * Math.sign(v - square));
}
