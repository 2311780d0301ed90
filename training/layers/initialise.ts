import type { Random } from '../random.ts';

/**
 * How weights are drawn: uniformly from ±√(6 / fan-in) (`he`, after He et al. 2015: for layers before a rectifier), or
 * ±√(6 / (fan-in + fan-out)) (`glorot`, after Glorot and Bengio 2010: before sigmoid, tanh or the softmax). Uniform,
 * because drawing from a normal distribution needs functions that differ between engines.
 */
export type WeightScheme = 'he' | 'glorot';

/** Fills `values` by a scheme: one 24-bit uniform draw per value, in order, scaled to 32 bits. */
export function drawWeights(
  scheme: WeightScheme,
  fanIn: number,
  fanOut: number,
  values: Float32Array,
  random: Random,
): void {
  const limit = Math.sqrt(6 / (scheme === 'he' ? fanIn : fanIn + fanOut));
  for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) * limit;
}
