import { CairnError } from '../../errors.ts';
import { dequantize, unrotate } from '../../kernels/index.ts';
import type { Signs } from '../../kernels/index.ts';
import type { NoisePlan } from './plan.ts';

/** What a noisy sum says. */
export interface NoisySum {
  /** Mean of the clipped updates and the noise; `dimension` values. */
  readonly update: Float32Array;
  /**
   * Share of updates that were short enough, noise included: it may lie outside [0, 1]. Undefined where the plan has no
   * such coordinate.
   */
  readonly unclipped: number | undefined;
}

/**
 * Turns the unmasked sum of `count` noisy updates into their mean: recentres the words about zero, unscales, rotates
 * back, cuts the padding.
 *
 * The count is that of the sum's members and not secret: who takes part is known to the coordinator and to each member.
 * @param sum `length` words mod 2^modulusBits, with all noise in it
 * @param signs of the rotation that the updates were encoded with
 * @throws CairnError `update-shape` for another length, `overflow-budget` for more clients than the plan is for,
 * `privacy-noise` for fewer than the noise was sized for
 */
export function decodeNoisy(plan: NoisePlan, sum: Uint32Array, count: number, signs: Signs): NoisySum {
  const { dimension, length, scale, clip, bitWidth, modulusBits, clients, leastSurvivors } = plan;
  if (sum.length !== length) {
    throw new CairnError('update-shape', `a sum of ${length} words was expected, got ${sum.length}`);
  }
  if (count > clients) {
    throw new CairnError('overflow-budget', `the sum holds ${count} updates, but the plan is for ${clients}`, {
      hint: `raise clients to ${count}`,
    });
  }
  const least = plan.placement === 'central' ? 1 : leastSurvivors;
  if (!(count >= least)) {
    throw new CairnError('privacy-noise', `the sum holds ${count} updates, but its noise was sized for ${least}`);
  }
  const values = new Float32Array(length);
  dequantize(sum, values, { bits: modulusBits, scale: 1 / (scale * count) });
  unrotate(values, signs);
  const unclipped = bitWidth > 0 ? 0.5 + values[dimension] / (bitWidth * clip) : undefined;
  return { update: values.slice(0, dimension), unclipped };
}
