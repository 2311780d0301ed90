import { CairnError } from '../errors.ts';
import { exp } from '../numeric.ts';

/** How the clipping norm follows the updates. */
export interface ClipTracking {
  /** γ: the share of updates that should be short enough; 0 to 1. One half tracks the median norm. */
  readonly quantile: number;
  /** η: how fast; the paper uses 0.2. */
  readonly rate: number;
}

/** Norms beyond this leave the range of 32-bit floats, and end up 0 or infinite. */
const MAX_CLIP = 2 ** 100;

/**
 * The next round's clipping norm, c·e^(−η(b̄ − γ)) (Andrew et al. 2021): it falls while more updates than wanted are
 * short enough, and rises while fewer are. The share b̄ comes from the noisy sum, so the norm is as private as the
 * update and costs nothing more. It is clamped to [0, 1], its valid range: noise never moves the norm faster than data
 * could. The norm itself stays within 2^−100 … 2^100: with all-zero updates it would fall forever. Recomputing the
 * steps gives the same norm to the last bit, on every engine.
 * @param unclipped b̄: share of updates that were not clipped
 * @throws CairnError `settings-invalid` for a norm, quantile or rate out of range, or a share that is not a number
 */
export function adaptClip(clip: number, unclipped: number, { quantile, rate }: ClipTracking): number {
  const sound =
    clip > 0 && Number.isFinite(clip) && quantile >= 0 && quantile <= 1 && rate > 0 && Number.isFinite(rate);
  if (!sound || Number.isNaN(unclipped)) {
    throw new CairnError(
      'settings-invalid',
      `adaptive clipping needs a norm and a rate above 0 and shares from 0 to 1, but has norm ${clip}, rate ${rate}, quantile ${quantile}, share ${unclipped}`,
    );
  }
  const next = clip * exp(-rate * (Math.min(Math.max(unclipped, 0), 1) - quantile));
  return Math.min(Math.max(next, 1 / MAX_CLIP), MAX_CLIP);
}
