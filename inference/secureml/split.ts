import type { RandomSource } from '../../protocol/crypto/index.ts';
import { Prg } from '../../protocol/mpc/index.ts';
import { split, ringOf } from '../../protocol/mpc/sharing/index.ts';
import type { QuantisedLayer } from '../plan/quantise.ts';
import type { Plan } from '../plan/types.ts';

/** Additive shares of a model for the servers a and b: each alone is uniform, and says nothing of the weights. */
export function splitLayers(
  plan: Plan,
  layers: readonly QuantisedLayer[],
  random: RandomSource,
): readonly [a: readonly QuantisedLayer[], b: readonly QuantisedLayer[]] {
  const ring = ringOf(plan.bits);
  const seed = random(32);
  const prg = new Prg(seed);
  seed.fill(0);
  const halves = layers.map(({ weights, bias }) => {
    const [weightsA, weightsB] = split(ring, weights, prg);
    const [biasA, biasB] = bias === undefined ? [undefined, undefined] : split(ring, bias, prg);
    return [
      { weights: weightsA, bias: biasA },
      { weights: weightsB, bias: biasB },
    ] as const;
  });
  prg.wipe();
  return [halves.map(([a]) => a), halves.map(([, b]) => b)];
}
