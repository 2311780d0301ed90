import type { Primitives } from '../../crypto/primitives.ts';
import type { RandomSource } from '../../crypto/random.ts';
import { addCentralNoise, createNoiseSampler, decodeNoisy, fillNoise } from '../../privacy/index.ts';
import type { RoundSettings } from '../../wire/settings.ts';
import { type DecodedSum, openSum } from '../quantize/index.ts';
import { noisePlanOf, roundSigns } from './plan.ts';

/** What a round's unmasked sum says. */
export interface OpenedSum extends DecodedSum {
  /** Share of updates that were short enough, noise included; undefined where no coordinate tells. */
  readonly unclipped: number | undefined;
}

/** How a noisy sum is opened. */
export interface Opening {
  /**
   * What the sum is divided by, where that is fixed before members are drawn: then it does not tell how many were. By
   * default the number of updates.
   */
  readonly divisor?: number;
  /** Whether distributed noise is filled up to that of `maxCohort` clients; see `fillNoise`. Default: no. */
  readonly fill?: boolean;
}

/**
 * Opens the unmasked sum of `count` updates. Where it is differentially private, central noise is added here, before
 * anything is read, and there are no metrics: examples, loss and accuracy are NaN. The words of a noisy sum are changed.
 * @param settingsHash of these settings: 32 bytes
 * @param random a CSPRNG, from which the coordinator's noise comes
 * @throws CairnError `data-empty`, `update-shape`, `overflow-budget`; `privacy-noise` for a sum of fewer than its noise
 * was sized for; `privacy-infeasible` and `settings-invalid` of the settings
 */
export function openInputs(
  primitives: Primitives,
  settings: RoundSettings,
  settingsHash: Uint8Array,
  { sum, count }: { readonly sum: Uint32Array; readonly count: number },
  random: RandomSource,
  { divisor = count, fill = false }: Opening = {},
): OpenedSum {
  const { privacy, clip } = settings;
  if (privacy === undefined) return { ...openSum(settings, sum, count), unclipped: undefined };
  const plan = noisePlanOf({ ...settings, privacy });
  if (plan.placement === 'central' || fill) {
    const sampler = createNoiseSampler(plan.distribution, plan.shareVariance);
    if (plan.placement === 'central') addCentralNoise(plan, sum, sampler, random);
    else fillNoise(plan, sum, count, sampler, random);
  }
  const { update: mean, unclipped } = decodeNoisy(plan, sum, count, roundSigns(primitives, settingsHash), divisor);
  const update = (from: number, into: Float32Array): void => {
    for (let i = 0; i < into.length; i++) into[i] = mean[from + i] * clip;
  };
  return { update, examples: NaN, loss: NaN, accuracy: NaN, totalWeight: divisor, unclipped };
}
