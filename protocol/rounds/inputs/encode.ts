import type { Primitives } from '../../crypto/primitives.ts';
import type { RandomSource } from '../../crypto/random.ts';
import { encodeNoisy } from '../../privacy/index.ts';
import type { RoundSettings } from '../../wire/settings.ts';
import { type EncodedUpdate, encodeUpdate, type LocalResult, trainedPart } from '../../quantize/index.ts';
import { noisePlanOf, type ReadyNoise, roundSigns, samplerOf } from './plan.ts';

/**
 * A client's vector for a round, ready to be masked: weighted and quantized with its metrics, or, if the round's sum is
 * differentially private, its trained part alone, clipped, rotated, rounded and with the client's share of the noise
 * (Kairouz, Liu & Steinke 2021).
 * @param settingsHash of these settings: 32 bytes
 * @param random a CSPRNG: a party that can guess it can remove rounding and noise
 * @param ready what a caller with many inputs has already prepared
 * @throws CairnError `update-shape`, `update-not-finite`, `data-empty`; `overflow-budget`, `privacy-infeasible` and
 * `settings-invalid` of the settings
 */
export function encodeInput(
  primitives: Primitives,
  settings: RoundSettings,
  settingsHash: Uint8Array,
  result: LocalResult,
  random: RandomSource,
  ready: ReadyNoise = {},
): EncodedUpdate {
  const { privacy, clip } = settings;
  if (privacy === undefined) return encodeUpdate(settings, result, random);
  const plan = noisePlanOf({ ...settings, privacy });
  const sampler = plan.placement === 'distributed' ? samplerOf(plan, ready) : undefined;
  const signs = roundSigns(primitives, settingsHash, ready);
  // Untrained parameters are not sent: the trained part gets the whole clip and the noise that goes with it.
  const update = trainedPart(settings, result.update).map((value) => value / clip);
  try {
    return { ...encodeNoisy(plan, update, sampler, signs, random), cut: [] };
  } finally {
    update.fill(0);
  }
}
