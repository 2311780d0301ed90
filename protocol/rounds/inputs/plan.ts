import type { Primitives } from '../../crypto/primitives.ts';
import { LABELS } from '../../crypto/suite.ts';
import { transcript } from '../../crypto/transcript.ts';
import type { Signs } from '../../kernels/index.ts';
import { createNoiseSampler, type NoisePlan, type NoiseSampler, paddedLength, planNoise } from '../../privacy/index.ts';
import type { RoundPrivacy, RoundSettings } from '../../wire/settings.ts';
import { assertBudget, type VectorShape, vectorLength } from '../../quantize/index.ts';

/** The settings of a round that say how long its vectors are. */
export interface InputShape extends VectorShape {
  readonly privacy?: Pick<RoundPrivacy, 'bitWidth'>;
}

/** The settings of a round that determine its noise. */
export type NoisyShape = Pick<RoundSettings, 'dimension' | 'maxCohort' | 'modulusBits'> & {
  readonly privacy: RoundPrivacy;
};

/** Rounds of the stream that the rotation's signs come from. They are public. */
const SIGN_ROUNDS = 12;

/**
 * Number of words of a masked vector: the model's coordinates, the metrics and the peaks; if the sum is noisy, the
 * power of two that holds the model's coordinates and the one for adaptive clipping.
 */
export function inputLength({ privacy, ...shape }: InputShape): number {
  if (privacy === undefined) return vectorLength(shape);
  return paddedLength({ dimension: shape.dimension, bitWidth: privacy.bitWidth });
}

/**
 * Grid and noise of a round, derived by both sides from its settings. It is for a clip of 1: updates are divided by the
 * clip first, and their sum is multiplied by it, so that rounds with another clip cost the same privacy to the bit.
 * @throws CairnError `privacy-infeasible`, `settings-invalid`
 */
export function noisePlanOf({ dimension, maxCohort, modulusBits, privacy }: NoisyShape): NoisePlan {
  const { placement, distribution, noiseMultiplier, minHonestSurvivors, bitWidth } = privacy;
  return planNoise({
    ...{ placement, distribution, noiseMultiplier, minHonestSurvivors, bitWidth },
    ...{ dimension, clients: maxCohort, clip: 1, modulusBits },
  });
}

/** Refuses settings whose sums are infeasible. @throws CairnError of {@link noisePlanOf} or `assertBudget` */
export function assertInputs(settings: RoundSettings): void {
  const { privacy } = settings;
  if (privacy === undefined) assertBudget(settings);
  else noisePlanOf({ ...settings, privacy });
}

/**
 * What a caller with many inputs or sums of one plan, such as a simulation of all members, makes once. A client and a
 * coordinator have one per round: they leave it out, and it is made from the round's settings.
 */
export interface ReadyNoise {
  /** Noise of the plan's distribution and share: making a sampler may take half a second. */
  readonly sampler?: NoiseSampler;
  /** The key of the rotation's signs, in place of the one that follows from the settings' hash: 32 bytes. */
  readonly rotation?: Uint8Array;
}

/** The sampler of a plan's noise. @throws CairnError `settings-invalid` for a variance that cannot be sampled */
export const samplerOf = ({ distribution, shareVariance }: NoisePlan, { sampler }: ReadyNoise): NoiseSampler =>
  sampler ?? createNoiseSampler(distribution, shareVariance);

/**
 * Signs of the rotation that all updates of a round go through, from the hash of its settings. The coordinator chooses
 * them by its nonce: a rotation that suits it may make sums wrap around, but keeps every norm, and so the privacy.
 */
export function roundSigns(primitives: Primitives, settingsHash: Uint8Array, { rotation }: ReadyNoise): Signs {
  return { key: rotation ?? transcript(primitives, LABELS.rotation, settingsHash), rounds: SIGN_ROUNDS };
}
