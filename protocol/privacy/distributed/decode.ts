import { CairnError } from '../../errors.ts';
import { dequantize, unrotate } from '../../kernels/index.ts';
import type { Signs } from '../../kernels/index.ts';
import type { NoisePlan } from './plan.ts';

/** What a noisy sum says. */
export interface NoisySum {
  /** Sum of the clipped updates and the noise over the divisor: their mean, unless another was asked for. */
  readonly update: Float32Array;
  /**
   * Share of updates that were short enough, noise included: it may lie outside [0, 1]. With a divisor other than the
   * count its distance from one half is in proportion. Undefined if the plan has no such coordinate.
   */
  readonly unclipped: number | undefined;
}

/**
 * Turns the unmasked sum of `count` noisy updates into their mean: recentres the words about zero, unscales, rotates
 * back, cuts the padding.
 *
 * The count is that of the sum's members and not secret from them: who takes part is known to the coordinator and to each
 * member. It must not show in what others see when sampling is to hide who took part: there the divisor is fixed before.
 * @param sum `length` words mod 2^modulusBits, with all noise in it
 * @param signs of the rotation that the updates were encoded with
 * @param divisor what the sum is divided by; the count by default
 * @throws CairnError `update-shape` for another length, `overflow-budget` for more clients than the plan is for,
 * `privacy-noise` for fewer than the noise was sized for, `settings-invalid` for a divisor that is not above 0
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
    throw new CairnError(
      'settings-invalid',
      `a sum is divided by a finite number above 0, but was to be by ${divisor}`,
    );
  }
  const values = new Float32Array(length);
  dequantize(sum, values, { bits: modulusBits, scale: 1 / (scale * divisor) });
  unrotate(values, signs);
  const unclipped = bitWidth > 0 ? 0.5 + values[dimension]! / (bitWidth * clip) : undefined;
  return { update: values.slice(0, dimension), unclipped };
}
