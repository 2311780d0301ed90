import type { Random } from '../../../training/index.ts';
import { log } from '../../../protocol/numeric.ts';

/** A uniform number in (0, 1): an odd multiple of 2^-54, so that its logarithm is finite and below 0. */
function uniform(random: Random): number {
  return ((random.next() >>> 5) * 2 ** 26 + (random.next() >>> 6) + 0.5) / 2 ** 53;
}

/**
 * A draw from Laplace's distribution with mean 0 and the given scale b: density e^(−|x|/b) / 2b, variance 2b². It comes
 * from a seeded generator in floating point: good for measuring what noise does to a model, not for keeping a secret.
 */
export function laplace(random: Random, scale: number): number {
  const size = -scale * log(uniform(random));
  return random.next() >>> 31 === 0 ? size : -size;
}
