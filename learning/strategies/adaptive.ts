import { z } from 'zod';
import { defineStrategy } from './define.ts';
import type { AdaptiveOptions, Strategy } from './types.ts';

/** How v follows the squares of the updates: the one line in which the three strategies differ. */
type SecondMoment = (v: number, square: number) => number;

const positive = z.number().gt(0);
const decay = z.number().min(0).lt(1);
const options = z.object({
  learningRate: positive.default(0.01),
  beta1: decay.default(0.9),
  tau: positive.default(0.001),
});
const decayingOptions = options.extend({ beta2: decay.default(0.99) });

/**
 * The adaptive strategies of Reddi et al. 2021, Algorithm 2: m ← β₁·m + (1 − β₁)·Δ, v by `second`,
 * x ← x + η·m / (√v + τ), with m = 0 and v = τ² at first and no bias correction.
 */
function adaptive(
  { learningRate, beta1, tau }: AdaptiveOptions,
  second: SecondMoment,
): Pick<Strategy, 'init' | 'apply'> {
  return {
    init: (size) => ({ mean: new Float32Array(size), square: new Float32Array(size).fill(tau * tau) }),
    apply(model, update, state) {
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
export const fedAdagrad = defineStrategy({
  name: 'fedadagrad',
  options,
  create: (given) => adaptive(given, (v, square) => v + square),
});

/** FedAdam: v ← β₂·v + (1 − β₂)·Δ². */
export const fedAdam = defineStrategy({
  name: 'fedadam',
  options: decayingOptions,
  create: ({ beta2, ...given }) => adaptive(given, (v, square) => beta2 * v + (1 - beta2) * square),
});

/** FedYogi: v ← v − (1 − β₂)·Δ²·sign(v − Δ²), so that v grows in steps of Δ², however small it was. */
export const fedYogi = defineStrategy({
  name: 'fedyogi',
  options: decayingOptions,
  create: ({ beta2, ...given }) => adaptive(given, (v, square) => v - (1 - beta2) * square * Math.sign(v - square)),
});
