import { CairnError } from '../../errors.ts';
import { dequantize, unrotate } from '../../kernels/index.ts';
import type { Signs } from '../../kernels/index.ts';
import type { NoisePlan } from './plan.ts';

/** The content of a noisy sum. */
export interface NoisySum {
  /** Sum of the clipped updates and the noise, divided by the divisor: their mean by default. */
  readonly update: Float32Array;
  /**
   * Share of updates that were short enough, noise included: it may lie outside [0, 1]. With a divisor other than the
   * count, its distance from one half scales accordingly. Undefined if the plan has no such coordinate.
   */
  readonly unclipped: number | undefined;
}

/**
 * Turns the unmasked sum of `count` noisy updates into their mean: recentres the words about zero, unscales, rotates
 * back, drops the padding.
 *
 * The count is that of the sum's members and not secret from them: the coordinator and each member know who takes part.
 * When sampling is to hide who took part, it must not show in what others see: the divisor is then fixed beforehand.
 * @param sum `length` words mod 2^modulusBits, including all noise
 * @param signs of the rotation used to encode the updates
 * @param divisor divides the sum; the count by default
 * @throws CairnError `update-shape` for a wrong length, `overflow-budget` for more clients than the plan allows,
 * `privacy-noise` for fewer than the noise was sized for, `settings-invalid` for a divisor not above 0
 */
export function decodeNoisy(
  plan: NoisePlan,
  sum: Uint32Array,
  count: number,
  signs: Signs,
  divisor: number = count,
): NoisySum {
  const { dimension, length, scale, clip, bitWidth, modulusBits, clients, minHonestSurvivors } = plan;
  if (sum.length !== length) {
    throw new CairnError('update-shape', `a sum of ${length} words was expected, got ${sum.length}`);
  }
  if (count > clients) {
    throw new CairnError('overflow-budget', `the sum holds ${count} updates, but the plan is for ${clients}`, {
      hint: `raise clients to ${count}`,
    });
  }
  const least = plan.placement === 'central' ? 1 : minHonestSurvivors;
  if (!(count >= least)) {
    throw new CairnError('privacy-noise', `the sum holds ${count} updates, but its noise was sized for ${least}`);
  }
  if (!(divisor > 0 && Number.isFinite(divisor))) {
    throw new CairnError('settings-invalid', `the divisor of a sum must be finite and above 0, but is ${divisor}`);
  }
  const values = new Float32Array(length);
  dequantize(sum, values, { bits: modulusBits, scale: 1 / (scale * divisor) });
  unrotate(values, signs);
  const unclipped = bitWidth > 0 ? 0.5 + values[dimension]! / (bitWidth * clip) : undefined;
  return { update: values.slice(0, dimension), unclipped };
}
