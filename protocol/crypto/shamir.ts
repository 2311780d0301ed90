import { floorLog2 } from '../numeric.ts';
import { expectLength } from './checks.ts';
import { inverses, mul, reduce, sub } from './field.ts';
import { ntt } from './ntt.ts';
import type { RandomSource } from './random.ts';
import { decodeShare, joinSecret, secretLimb, writeShareLimb } from './share-code.ts';
import { invalid, orderFor, pointsOf } from './shamir-points.ts';
import { FIELD, SIZES } from './suite.ts';

export { decodeShare, isCanonicalShare } from './share-code.ts';

// Shamir (1979), t of n, for 32-byte secrets. A secret is ten limbs of 26 bits; each limb is the constant term of a
// polynomial over p with t − 1 uniform coefficients. The member in slot s gets the value at ω^s, where ω is a root of
// unity of order m ≥ n, so one transform of size m per limb yields every share. No point is 0, where the secret is.

/** The largest multiple of p that fits 32 bits: words below it, reduced, are uniform; 0.1 % lie above. */
const REJECT_FROM = Math.floor(2 ** 32 / FIELD.prime) * FIELD.prime;

/**
 * Fills `target` with uniform field elements by rejection sampling; randomness is drawn in one block, and again for
 * rejected words.
 */
function drawElements(target: Float64Array, random: RandomSource): void {
  let filled = 0;
  while (filled < target.length) {
    const block = random(4 * (target.length - filled));
    for (let i = 0; i < block.length; i += 4) {
      const word = (block[i]! | (block[i + 1]! << 8) | (block[i + 2]! << 16) | (block[i + 3]! << 24)) >>> 0;
      if (word < REJECT_FROM) target[filled++] = word % FIELD.prime;
    }
    block.fill(0);
  }
}

/** What {@link shareSecret} needs. */
export interface SharingInput {
  /** 32 bytes. The caller wipes it. */
  readonly secret: Uint8Array;
  /** Number of shares that open the secret; one fewer reveals nothing about it. */
  readonly threshold: number;
  /** Number of slots: the size of the roster, at most 2^21. */
  readonly domain: number;
  /** The slots that get a share, each below `domain`. */
  readonly slots: readonly number[];
  readonly random: RandomSource;
}

/**
 * Shares a 32-byte secret.
 * @returns one share of 34 bytes per slot, in the order of `slots`; see {@link decodeShare} for their layout
 * @throws CairnError `settings-invalid` for a threshold outside [1, slots.length], a domain outside [1, 2^21], slots
 *   outside the domain or repeated; `key-invalid` for a secret that is not 32 bytes
 */
export function shareSecret(input: SharingInput): Uint8Array[] {
  const { secret, threshold, domain, slots, random } = input;
  const order = orderFor(domain);
  const points = pointsOf(domain, slots);
  expectLength('shared secret', secret, SIZES.seed);
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > slots.length) {
    throw invalid(`threshold: expected 1 to ${slots.length}, the number of shares, got ${threshold}`);
  }
  const shares = slots.map(() => new Uint8Array(SIZES.share));
  const coefficients = new Float64Array(FIELD.limbs * threshold);
  drawElements(coefficients, random);
  // For a few slots out of many (a neighbourhood on the ring), evaluating one by one is cheaper than a transform.
  const transform = slots.length * threshold > (order / 2) * floorLog2(order);
  const values = new Float64Array(transform ? order : slots.length);
  for (let limb = 0; limb < FIELD.limbs; limb++) {
    const polynomial = coefficients.subarray(limb * threshold, (limb + 1) * threshold);
    polynomial[0] = secretLimb(secret, limb);
    if (transform) {
      values.fill(0);
      values.set(polynomial);
      ntt(values);
    } else {
      for (let i = 0; i < points.length; i++) values[i] = evaluate(polynomial, points[i]!);
    }
    for (let i = 0; i < slots.length; i++) writeShareLimb(shares[i]!, limb, values[transform ? slots[i]! : i]!);
  }
  coefficients.fill(0);
  values.fill(0);
  return shares;
}

/** Horner's rule. */
function evaluate(polynomial: Float64Array, point: number): number {
  let value = 0;
  for (let j = polynomial.length - 1; j >= 0; j--) value = reduce(value * point + polynomial[j]!);
  return value;
}

/**
 * The Lagrange coefficients at 0 for one set of slots. Members keep their slot for the whole round, so one basis opens
 * all their secrets: O(t²) to build, O(t) per limb and secret.
 */
export class LagrangeBasis {
  readonly #weights: Float64Array;

  /**
   * @param domain the roster's size, as it was when sharing
   * @param slots as many as the threshold
   * @throws CairnError `settings-invalid` for a domain outside [1, 2^21], no slots, slots outside it or repeated
   */
  constructor(domain: number, slots: readonly number[]) {
    const points = pointsOf(domain, slots);
    if (points.length === 0) throw invalid('slots: expected at least one, got none');
    // λ_i = Π_{j≠i} x_j / (x_j − x_i) = Π_j x_j / (x_i · Π_{j≠i} (x_j − x_i))
    let product = 1;
    const denominators = new Float64Array(points.length);
    for (let i = 0; i < points.length; i++) {
      product = mul(product, points[i]!);
      let denominator = points[i]!;
      for (let j = 0; j < points.length; j++) {
        if (j !== i) denominator = reduce(denominator * sub(points[j]!, points[i]!));
      }
      denominators[i] = denominator;
    }
    this.#weights = inverses(denominators).map((inverse) => mul(inverse, product));
  }

  /**
   * Opens a secret from the shares of the basis' slots, in the order of the slots.
   * @returns the 32-byte secret. It is unverified until it is checked against what was advertised: shares of different
   *   secrets open to something, too. The caller wipes it.
   * @throws CairnError `wire-not-canonical` for a malformed share; `secret-mismatch` when the shares open to no secret;
   *   `settings-invalid` when the number of shares is not that of the slots
   */
  open(shares: readonly Uint8Array[]): Uint8Array {
    if (shares.length !== this.#weights.length) {
      throw invalid(`shares: expected ${this.#weights.length}, one per slot, got ${shares.length}`);
    }
    const limbs = new Float64Array(FIELD.limbs);
    const elements = new Float64Array(FIELD.limbs);
    try {
      for (let i = 0; i < shares.length; i++) {
        decodeShare(shares[i]!, elements);
        const weight = this.#weights[i]!;
        for (let limb = 0; limb < FIELD.limbs; limb++) limbs[limb] = reduce(limbs[limb]! + weight * elements[limb]!);
      }
      return joinSecret(limbs);
    } finally {
      limbs.fill(0);
      elements.fill(0);
    }
  }
}
