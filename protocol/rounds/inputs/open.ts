import type { Primitives } from '../../crypto/primitives.ts';
import type { RandomSource } from '../../crypto/random.ts';
import { addCentralNoise, decodeNoisy, fillNoise } from '../../privacy/index.ts';
import type { RoundSettings } from '../../wire/settings.ts';
import { type DecodedSum, openPeaks, openSum, type Peaks } from '../../quantize/index.ts';
import { noisePlanOf, type ReadyNoise, roundSigns, samplerOf } from './plan.ts';

/** What a round's unmasked sum says. */
export interface DecodedRoundSum extends DecodedSum {
  /** Share of updates that were short enough, noise included; undefined if no coordinate carries it. */
  readonly unclipped: number | undefined;
}

/** How a noisy sum is opened. */
export interface ReadingOptions extends ReadyNoise {
  /**
   * What the sum is divided by, if that is fixed before members are drawn: then it does not reveal how many were. By
   * default the number of updates.
   */
  readonly divisor?: number;
  /** Whether distributed noise is filled up to that of `maxCohort` clients; see `fillNoise`. Default: no. */
  readonly fill?: boolean;
  /** Coordinates that get their noise in one go, before the caller gets a turn. Default 2^15: a few milliseconds. */
  readonly part?: number;
}

/** The unmasked sum of one round or group, and how many updates are in it. Noise may be added to its words. */
export interface UnmaskedSum {
  /** `inputLength` words mod 2^modulusBits. */
  readonly sum: Uint32Array;
  readonly count: number;
}

const PART = 1 << 15;

/**
 * Adds the coordinator's noise to a sum part by part, before anything is read from it: all of the noise if it is
 * central, what fills it up if that is asked for, otherwise none. Yields how far it has come.
 * @param random a CSPRNG, from which the noise comes
 * @throws CairnError `privacy-infeasible` and `settings-invalid` of the settings
 */
export function* addNoise(
  settings: RoundSettings,
  { sum, count }: UnmaskedSum,
  random: RandomSource,
  { fill = false, part = PART, ...ready }: ReadingOptions = {},
): Generator<number, void> {
  const { privacy } = settings;
  if (privacy === undefined) return;
  const plan = noisePlanOf({ ...settings, privacy });
  if (plan.placement !== 'central' && !fill) return;
  const sampler = samplerOf(plan, ready);
  for (let from = 0; from < sum.length; from += part) {
    const words = sum.subarray(from, from + part);
    if (plan.placement === 'central') addCentralNoise(plan, words, sampler, random);
    else fillNoise(plan, words, count, sampler, random);
    yield from + words.length;
  }
}

/**
 * Reads a sum to which {@link addNoise} has added what it should. A differentially private sum has no metrics:
 * examples, loss and accuracy are NaN.
 * @param settingsHash of these settings: 32 bytes
 * @throws CairnError `data-empty`, `update-shape`, `overflow-budget`; `privacy-noise` for a sum of fewer than its noise
 * was sized for; `privacy-infeasible` and `settings-invalid` of the settings
 */
export function readSum(
  primitives: Primitives,
  settings: RoundSettings,
  settingsHash: Uint8Array,
  { sum, count }: UnmaskedSum,
  { divisor = count, ...ready }: ReadingOptions = {},
): DecodedRoundSum {
  const { privacy, clip, untrained = [] } = settings;
  if (privacy === undefined) return { ...openSum(settings, sum, count), unclipped: undefined };
  const plan = noisePlanOf({ ...settings, privacy });
  const signs = roundSigns(primitives, settingsHash, ready);
  const { update: mean, unclipped } = decodeNoisy(plan, sum, count, signs, divisor);
  const update = (from: number, into: Float32Array): void => {
    for (let i = 0; i < into.length; i++) into[i] = mean[from + i]! * clip;
    // These hold noise alone: no member sends anything there.
    for (const range of untrained) {
      const at = Math.max(range.from - from, 0);
      into.fill(0, at, Math.max(at, range.from + range.length - from));
    }
  };
  return { update, examples: NaN, loss: NaN, accuracy: NaN, totalWeight: divisor, unclipped };
}

/**
 * Reads a sum of a round that only measures.
 * @throws CairnError `data-empty`, `update-shape`, `overflow-budget`; `settings-invalid` of the settings
 */
export const readMeasures = (settings: RoundSettings, { sum, count }: UnmaskedSum): Peaks =>
  openPeaks(settings, sum, count);
