import { CairnError } from '../../errors.ts';
import { exp } from '../../numeric.ts';
import type { NoisyMechanism } from '../accountant/mechanisms.ts';
import { maxVariance, MIN_VARIANCE } from '../samplers/index.ts';
import type { NoiseDistribution } from '../samplers/index.ts';
import { roundedNormBound } from './rounding.ts';

/** What is required of a round's noise. Both sides derive the same {@link NoisePlan} from it. */
export interface NoiseSettings {
  /**
   * Who adds the noise: each client a share of it (`distributed`), or the coordinator all of it to the sum (`central`),
   * which protects against every party but the coordinator.
   */
  readonly placement: 'central' | 'distributed';
  readonly distribution: NoiseDistribution;
  /** Number of model parameters. */
  readonly dimension: number;
  /** c: maximum L2 norm of one client's update. */
  readonly clip: number;
  /** z: standard deviation of the noise in the sum, divided by what one client can move the sum by. */
  readonly noiseMultiplier: number;
  /** Maximum number of clients in one sum. */
  readonly clients: number;
  /**
   * Minimum number of clients in a sum whose noise no adversary knows: survivors minus those that may collude. The
   * noise is sized for them, since a client that drops takes its share with it. A sum of fewer must not be opened.
   */
  readonly minHonestSurvivors: number;
  /** b: sums are taken mod 2^b; 8 to 32. */
  readonly modulusBits: number;
  /**
   * Width of the coordinate that tells whether an update was short enough not to be clipped, as a fraction of `clip`; 0
   * omits the coordinate. See clipping.ts.
   */
  readonly bitWidth: number;
}

/** Noise and grid of a round, in units of the grid unless stated otherwise. */
export interface NoisePlan extends NoiseSettings {
  /** Number of coordinates of the vectors that are summed: a power of two. */
  readonly length: number;
  /** s: the factor by which a coordinate is multiplied before rounding. */
  readonly scale: number;
  /** Maximum L2 norm of what one client adds, rounding included: sensitivity of the sum. */
  readonly sensitivity: number;
  /** Variance of the noise that one party adds to a coordinate. */
  readonly shareVariance: number;
  /** Number of parts in the noise that the accountant relies on: minHonestSurvivors, or 1 if it is central. */
  readonly shares: number;
  /** sensitivity / (s · norm before rounding): how much rounding raises the noise for a given noise multiplier. */
  readonly inflation: number;
}

/** k: a coordinate of the sum wraps around beyond this many standard deviations (Kairouz, Liu & Steinke 2021). */
const DEVIATIONS = 4;

/**
 * Maximum probability that one coordinate of the decoded sum wraps around, over signs, rounding and noise: the bound
 * for sub-Gaussian variables, 2·e^(−k²/2). For sums of many clients about a tenth of it is observed.
 */
export const WRAP_PROBABILITY = 2 * exp(-(DEVIATIONS * DEVIATIONS) / 2);

/** Beyond this, rounding needs more noise than the privacy does. */
const MAX_INFLATION = 2;

/** Halvings of the scale's range, until doubles are used up. */
const STEPS = 64;

/** x². Not with the power operator, whose result may differ between engines in the last bit. */
const squared = (x: number): number => x * x;

const invalid = (message: string): CairnError => new CairnError('settings-invalid', message);

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw invalid(`${name} must be an integer from ${least} to ${most}, but is ${value}`);
  }
}

function check(settings: NoiseSettings): void {
  checkWhole('dimension', settings.dimension, 1, 2 ** 28 - 1);
  checkWhole('clients', settings.clients, 1, 2 ** 21);
  checkWhole('minHonestSurvivors', settings.minHonestSurvivors, 1, settings.clients);
  checkWhole('modulusBits', settings.modulusBits, 8, 32);
  for (const name of ['clip', 'noiseMultiplier'] as const) {
    if (!(settings[name] > 0 && Number.isFinite(settings[name]))) {
      throw invalid(`${name} must be finite and above 0, but is ${settings[name]}`);
    }
  }
  if (!(settings.bitWidth >= 0 && settings.bitWidth <= 1)) {
    throw invalid(`bitWidth must lie between 0 and 1, but is ${settings.bitWidth}`);
  }
}

/** Maximum L2 norm of a client's vector before scaling: the clipped update, and ±bitWidth·clip / 2. */
export function vectorNorm({ clip, bitWidth }: NoiseSettings): number {
  return clip * Math.sqrt(1 + (bitWidth * bitWidth) / 4);
}

/** Number of coordinates of a noisy vector: the smallest power of two that holds update and bit. */
export function paddedLength({ dimension, bitWidth }: Pick<NoiseSettings, 'dimension' | 'bitWidth'>): number {
  let length = 1;
  while (length < dimension + (bitWidth > 0 ? 1 : 0)) length *= 2;
  return length;
}

/** The consequences of a scale. Every field grows with the scale. */
interface Outcome {
  readonly sensitivity: number;
  readonly shareVariance: number;
  /** Variance of a coordinate of the sum, in the worst case of equal updates. */
  readonly sumVariance: number;
}

function outcome(settings: NoiseSettings, length: number, scale: number): Outcome {
  const { clients, minHonestSurvivors, noiseMultiplier, placement } = settings;
  const norm = vectorNorm(settings) * scale;
  const sensitivity = roundedNormBound(norm, length);
  const total = squared(noiseMultiplier * sensitivity);
  // A variance too small to be sampled is raised: the accountant counts the actual noise.
  const shareVariance = Math.max(MIN_VARIANCE, placement === 'central' ? total : total / minHonestSurvivors);
  const noise = placement === 'central' ? shareVariance : shareVariance * clients;
  return { sensitivity, shareVariance, sumVariance: squared(norm * clients) / length + noise + clients / 4 };
}

function fits(settings: NoiseSettings, { shareVariance, sumVariance }: Outcome): boolean {
  const reach = 2 * DEVIATIONS * Math.sqrt(sumVariance);
  return reach <= 2 ** settings.modulusBits && shareVariance <= maxVariance(settings.distribution);
}

function plan(settings: NoiseSettings): NoisePlan | undefined {
  const length = paddedLength(settings);
  const norm = vectorNorm(settings);
  // At this scale the sum of equal updates alone reaches the modulus.
  let refused = (2 ** settings.modulusBits * Math.sqrt(length)) / (DEVIATIONS * norm * settings.clients);
  let scale = 0;
  for (let i = 0; i < STEPS; i++) {
    const middle = (scale + refused) / 2;
    if (fits(settings, outcome(settings, length, middle))) scale = middle;
    else refused = middle;
  }
  if (scale === 0) return undefined;
  const { sensitivity, shareVariance } = outcome(settings, length, scale);
  const inflation = sensitivity / (norm * scale);
  if (inflation > MAX_INFLATION) return undefined;
  const shares = settings.placement === 'central' ? 1 : settings.minHonestSurvivors;
  return { ...settings, length, scale, sensitivity, shareVariance, shares, inflation };
}

function minBits(settings: NoiseSettings): number | undefined {
  for (let modulusBits = settings.modulusBits + 1; modulusBits <= 32; modulusBits++) {
    if (plan({ ...settings, modulusBits }) !== undefined) return modulusBits;
  }
  return undefined;
}

/**
 * The finest grid on which the noisy sum of `clients` vectors stays within the modulus except with
 * {@link WRAP_PROBABILITY}, by Kairouz, Liu & Steinke 2021: k·√(s²c²n²/d + n·(1/4 + share)) ≤ 2^(b−1). Their closed
 * form takes the noise as given; here it follows from the noise multiplier and from a sensitivity that rounding raises,
 * more on coarser grids, so the scale is found by bisection. Only additions, products and roots are used, which every
 * engine computes alike.
 * @throws CairnError `privacy-infeasible` if rounding on the finest grid would more than double the sensitivity, naming
 * the modulus that suffices; `settings-invalid` for a setting out of range
 */
export function planNoise(settings: NoiseSettings): NoisePlan {
  check(settings);
  const found = plan(settings);
  if (found !== undefined) return found;
  const { modulusBits, clients, minHonestSurvivors, noiseMultiplier } = settings;
  const bits = minBits(settings);
  throw new CairnError(
    'privacy-infeasible',
    `2^${modulusBits} does not hold the noisy sum of ${clients} updates of ${settings.dimension} values with noise multiplier ${noiseMultiplier} for ${minHonestSurvivors} survivors`,
    { hint: `${bits === undefined ? '' : `raise modulusBits to ${bits}, or `}lower the cohort or noiseMultiplier` },
  );
}

/**
 * What the accountant is told about a round under a plan.
 * @param filled whether the coordinator tops distributed noise up to that of all `clients` (see `fillNoise`): true
 * against parties that see only the result. Against the coordinator and members it is false.
 * @param silent maximum members of a filled sum that leave their share out, in violation of the protocol
 */
export function mechanismOf(plan: NoisePlan, filled = false, silent = 0): NoisyMechanism {
  const { placement, distribution, clients, shareVariance, sensitivity, length } = plan;
  const whole = filled && placement === 'distributed';
  const shares = whole ? clients - silent : plan.shares;
  const constant = placement === 'central' || whole;
  return { noise: distribution, shares, shareVariance, sensitivity, length, constant };
}
