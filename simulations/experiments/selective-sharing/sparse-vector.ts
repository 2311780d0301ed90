import { log } from '../../../protocol/numeric.ts';
import type { Random } from '../../../training/index.ts';
import { bound, type SparseUpdate, valuesAt } from './selection.ts';

/** Parameters of the sparse vector technique for one upload of one participant. */
interface SparseVectorSettings {
  /** Privacy budget ε of the whole upload. */
  readonly epsilon: number;
  /** Maximum number c of parameters that it answers. */
  readonly count: number;
  /** Threshold τ that the size of a change must reach, both with noise. */
  readonly tau: number;
  /** Bound γ of a change: one participant's data can move a bounded change by at most 2γ, the sensitivity. */
  readonly gamma: number;
}

/** Scales of the three Laplace noises. */
interface NoiseScales {
  readonly threshold: number;
  readonly query: number;
  readonly answer: number;
}

// Dwork and Roth 2014, algorithm 3 (NumericSparse), pure case: the shares add up to 10/9 because the answers, whose
// scale is 2cΔ/ε2, cost half of ε2.
const DECIDING = 8 / 9;
const ANSWERING = 2 / 9;

/**
 * The noise of Shokri and Shmatikov's selective sharing. With Δ = 2γ, ε1 = 8/9 ε, ε2 = 2/9 ε and σ(x) = 2cΔ/x:
 * threshold σ(ε1), query 2σ(ε1), answer σ(ε2).
 */
export function noiseScales({ epsilon, count, gamma }: SparseVectorSettings): NoiseScales {
  const sigma = (x: number): number => (2 * count * sensitivity(gamma)) / x;
  return {
    threshold: sigma(DECIDING * epsilon),
    query: 2 * sigma(DECIDING * epsilon),
    answer: sigma(ANSWERING * epsilon),
  };
}

function sensitivity(gamma: number): number {
  return 2 * gamma;
}

/** The privacy loss by basic composition. */
export interface PrivacyLoss {
  /** ε for each uploaded parameter: the number on the axis of the paper's figure. */
  readonly perParameter: number;
  /** ε of one upload, c parameters: a participant's loss in an epoch. */
  readonly perEpoch: number;
  /** ε of all epochs: a participant's loss in the whole training. */
  readonly total: number;
}

/**
 * The loss that follows from the scales of the noise actually drawn, not from the ε they were derived from: each answer
 * spends one draw of the threshold (Δ / scale), one decision (2Δ / scale, since threshold and query may both move) and
 * one noisy value (Δ / scale). Queried parameters that stay below the threshold are free.
 */
export function privacyLoss(settings: SparseVectorSettings, epochs: number): PrivacyLoss {
  const { threshold, query, answer } = noiseScales(settings);
  const delta = sensitivity(settings.gamma);
  const perParameter = delta / threshold + (2 * delta) / query + delta / answer;
  const perEpoch = perParameter * settings.count;
  return { perParameter, perEpoch, total: perEpoch * epochs };
}

/** A uniform number in (0, 1): an odd multiple of 2^-54, so that its logarithm is finite and below 0. */
function uniform(random: Random): number {
  return ((random.next() >>> 5) * 2 ** 26 + (random.next() >>> 6) + 0.5) / 2 ** 53;
}

/**
 * A draw from the Laplace distribution with mean 0 and the given scale b: density e^(−|x|/b) / 2b, variance 2b². It
 * comes from a seeded generator in floating point: suitable for measuring the effect of noise on a model, not for
 * protecting a secret.
 */
export function laplace(random: Random, scale: number): number {
  const size = -scale * log(uniform(random));
  return random.next() >>> 31 === 0 ? size : -size;
}

/**
 * Selects and perturbs a change by the sparse vector technique (Shokri and Shmatikov 2015, section 5): parameters are
 * queried in random order; one whose bounded size with noise reaches the threshold with noise is uploaded, with
 * separate noise and bounded again; then the threshold's noise is redrawn. It ends after `count` uploads.
 */
export function sparseVector(change: Float32Array, settings: SparseVectorSettings, random: Random): SparseUpdate {
  const { count, tau, gamma } = settings;
  const scales = noiseScales(settings);
  const order = new Uint32Array(change.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  const answers = new Float32Array(change.length);
  let uploaded = 0;
  let threshold = tau + laplace(random, scales.threshold);
  for (let asked = 0; asked < order.length && uploaded < count; asked++) {
    const other = asked + random.below(order.length - asked);
    const index = order[other]!;
    order[other] = order[asked]!;
    const value = bound(change[index]!, gamma);
    if (Math.abs(value) + laplace(random, scales.query) < threshold) continue;
    answers[index] = bound(value + laplace(random, scales.answer), gamma);
    // Places before `asked` are free: they are not queried again.
    order[uploaded++] = index;
    threshold = tau + laplace(random, scales.threshold);
  }
  const indices = order.slice(0, uploaded).sort();
  return { indices, values: valuesAt(answers, indices) };
}
