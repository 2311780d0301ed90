import { add, inverses, mul, reduce, sub } from './field.ts';
import { decodeShare } from './share-code.ts';
import { invalid, pointsOf } from './shamir-points.ts';
import { shortestRegister } from './shift-register.ts';
import { FIELD } from './suite.ts';

// Shares of one secret are a word of a Reed–Solomon code (McEliece and Sarwate 1981): m values of a polynomial of
// degree below t. The ten limbs are ten such words whose errors are at the same places, since a false share may be
// false in all of them: an interleaved code (Bleichenbacher, Kiayias and Yung 2003). It is decoded from its m − t
// syndromes, which are zero for every word without errors: they depend on the errors only, so what is computed from
// them shows by how much false shares differ from true ones, and nothing about the secret.

/**
 * Finds the false ones among the shares of some slots. One decoder serves all secrets that were shared among the same
 * slots: what depends on the slots alone takes m² products, once; each decoding takes 10·m·(m − t), and up to twice
 * 10·(m − t)² for the register.
 */
export class ShareDecoder {
  readonly #points: Float64Array;
  readonly #checks: number;
  #multipliers: Float64Array | undefined;

  /**
   * @param domain the roster's size, as it was when sharing
   * @param slots of the shares
   * @throws CairnError `settings-invalid` for a domain outside [1, 2^21], slots outside it or repeated, a threshold
   *   that is not an integer from 1 to the number of slots
   */
  constructor(domain: number, slots: readonly number[], threshold: number) {
    this.#points = pointsOf(domain, slots);
    if (!Number.isInteger(threshold) || threshold < 1 || threshold > slots.length) {
      throw invalid(`threshold: expected 1 to ${slots.length}, the number of shares, got ${threshold}`);
    }
    this.#checks = slots.length - threshold;
  }

  /**
   * The places, in ascending order, of the fewest shares without which the others lie on polynomials of degree below t;
   * undefined if none were found. Pauses every few thousand products.
   *
   * If at most ⌊(m − t)/2⌋ shares are false they are found, whatever they are. More of them, up to ⌊10·(m − t)/11⌋, are
   * usually found if they are false independently of each other; if they were chosen together, they may be missed, or
   * true ones taken for them. So what the rest opens to has to be checked separately.
   * @param shares one for each slot, in the order of the slots
   * @throws CairnError `wire-not-canonical` for a malformed share
   */
  *falseShares(shares: readonly Uint8Array[]): Generator<undefined, readonly number[] | undefined> {
    const syndromes = Array.from({ length: FIELD.limbs }, () => new Float64Array(this.#checks));
    if (this.#checks === 0) return [];
    try {
      yield* this.#check(shares, syndromes);
      const register = yield* shortestRegister(syndromes);
      return yield* this.#placesOf(register);
    } finally {
      for (const syndrome of syndromes) syndrome.fill(0);
    }
  }

  /** S_j = Σ_i v_i·y_i·x_i^j for j = 0 … m − t − 1, for each limb y. */
  *#check(shares: readonly Uint8Array[], syndromes: readonly Float64Array[]): Generator<undefined, void> {
    const multipliers = (this.#multipliers ??= yield* multipliersOf(this.#points));
    const elements = new Float64Array(FIELD.limbs);
    for (let i = 0; i < shares.length; i++) {
      const point = this.#points[i]!;
      decodeShare(shares[i]!, elements);
      for (let limb = 0; limb < FIELD.limbs; limb++) {
        const syndrome = syndromes[limb]!;
        let term = mul(multipliers[i]!, elements[limb]!);
        for (let j = 0; j < syndrome.length; j++) {
          syndrome[j] = add(syndrome[j]!, term);
          term = reduce(term * point);
        }
      }
      elements.fill(0);
      yield;
    }
  }

  /**
   * With errors at x_1 … x_ℓ the syndromes are sums of the sequences x_1^j … x_ℓ^j, whose register of length ℓ is Π (1
   * − x_k·z). Any other register corresponds to no set of errors.
   */
  *#placesOf(register: Float64Array): Generator<undefined, readonly number[] | undefined> {
    const places: number[] = [];
    for (let i = 0; i < this.#points.length; i++) {
      const point = this.#points[i]!;
      let value = 0;
      for (const coefficient of register) value = reduce(value * point + coefficient);
      if (value === 0) places.push(i);
      yield;
    }
    return places.length === register.length - 1 ? places : undefined;
  }
}

/** v_i = 1 / Π_{j≠i} (x_i − x_j): the multipliers of the dual code. */
function* multipliersOf(points: Float64Array): Generator<undefined, Float64Array> {
  const denominators = new Float64Array(points.length);
  for (let i = 0; i < points.length; i++) {
    let denominator = 1;
    for (let j = 0; j < points.length; j++) {
      if (j !== i) denominator = reduce(denominator * sub(points[i]!, points[j]!));
    }
    denominators[i] = denominator;
    yield;
  }
  return inverses(denominators);
}
