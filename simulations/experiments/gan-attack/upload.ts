import type { Random } from '../../../training/index.ts';
import { chooseUpload } from '../selective-sharing/local.ts';
import { dense } from '../selective-sharing/update.ts';
import type { Scenario } from './scenario.ts';

/** Bounds of what is uploaded with noise (see selective-sharing). */
export interface NoiseBounds {
  /** Bound γ of a change. */
  readonly gamma: number;
  /** Threshold τ of the sparse vector technique. */
  readonly tau: number;
}

/**
 * What a participant uploads of its change, as selective sharing has it: the largest θ_u of it, or with noise what the
 * sparse vector technique answers; zero elsewhere, since a sum over sessions is dense. Without noise, changes are not
 * bounded.
 */
export function uploadOf(
  change: Float32Array,
  { thetaUpload, noise }: Pick<Scenario, 'thetaUpload' | 'noise'>,
  { gamma, tau }: NoiseBounds,
  random: Random,
): Float32Array {
  if (noise === null && thetaUpload === 1) return change;
  const update = chooseUpload(
    change,
    { thetaUpload, epsilon: noise, selection: 'largest', tau, gamma: noise === null ? Infinity : gamma },
    random,
  );
  return dense(update, change.length);
}
