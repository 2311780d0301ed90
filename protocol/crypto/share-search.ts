import { inverses, mul, reduce, sub } from './field.ts';
import { SecretBytes } from './secret.ts';
import { decodeShare, joinSecret } from './share-code.ts';
import { pointsOf } from './shamir-points.ts';
import { FIELD } from './suite.ts';

/**
 * Maximum shares and candidates of one search: its tables and running time stay small, whichever party sends the
 * shares.
 */
export const SEARCH_LIMITS = { shares: 64, candidates: 8192 } as const;

/**
 * How many polynomials {@link searchRight} examines: those through the first t remaining shares when at most c are left
 * out. At most C(t + c, c), whatever m is.
 */
export function searchSize(threshold: number, missing: number): number {
  let size = 1;
  for (let j = 1; j <= missing; j++) size = (size * (threshold + j)) / j;
  return Math.round(size);
}

/** Input of {@link searchRight}. */
export interface Search {
  /** The roster's size, as it was when sharing. */
  readonly domain: number;
  readonly slots: readonly number[];
  /** One for each slot, each in its canonical encoding. */
  readonly shares: readonly Uint8Array[];
  readonly threshold: number;
  /** How many shares may be missed. */
  readonly missing: number;
  readonly isRight: (secret: SecretBytes) => boolean;
}

/**
 * Searches all sets of at most `missing` shares for one without which the others lie on ten polynomials of degree below
 * t that open to a right secret. Shares are taken or left out in their order, and a polynomial is complete at the t-th
 * share taken (Newton's form, which grows by one share at a time); later shares are checked against it.
 *
 * It pauses at every polynomial. Their number is at most C(t + missing, missing): see {@link searchSize}.
 * @returns the right secret, which the caller wipes, and the places that its polynomials miss; undefined if there is
 *   none
 * @throws CairnError `wire-not-canonical` for a malformed share
 */
export function* searchRight(
  search: Search,
): Generator<undefined, { secret: SecretBytes; missed: number[] } | undefined> {
  const walk = new Walk(search);
  try {
    return yield* walk.from(0, 0, []);
  } finally {
    walk.wipe();
  }
}

/** The search's working memory: it holds shares and coefficients, and is wiped. */
class Walk {
  readonly #search: Search;
  readonly #points: Float64Array;
  /** 1 / (x_i − x_j), row by row. */
  readonly #inverses: Float64Array;
  /** m rows of ten limbs. */
  readonly #values: Float64Array;
  /** Places taken so far, and Newton's coefficients of their polynomials: t rows of ten limbs. */
  readonly #taken: number[] = [];
  readonly #coefficients: Float64Array;
  readonly #limbs: Float64Array = new Float64Array(FIELD.limbs);

  constructor(search: Search) {
    this.#search = search;
    this.#points = pointsOf(search.domain, search.slots);
    const m = this.#points.length;
    const differences = new Float64Array(m * m);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < m; j++) differences[i * m + j] = i === j ? 1 : sub(this.#points[i]!, this.#points[j]!);
    }
    this.#inverses = inverses(differences);
    this.#values = new Float64Array(m * FIELD.limbs);
    const limbs = new Float64Array(FIELD.limbs);
    search.shares.forEach((share, i) => this.#values.set(decodeShare(share, limbs), i * FIELD.limbs));
    limbs.fill(0);
    this.#coefficients = new Float64Array(search.threshold * FIELD.limbs);
  }

  /** Searches from place i on, with these places left out so far. */
  *from(
    i: number,
    taken: number,
    left: readonly number[],
  ): Generator<undefined, { secret: SecretBytes; missed: number[] } | undefined> {
    const { threshold, missing, slots } = this.#search;
    if (taken === threshold) {
      yield;
      return this.#candidate(i, left);
    }
    if (slots.length - i < threshold - taken) return undefined;
    this.#take(i, taken);
    const found = yield* this.from(i + 1, taken + 1, left);
    if (found !== undefined || left.length === missing) return found;
    return yield* this.from(i + 1, taken, [...left, i]);
  }

  wipe(): void {
    for (const buffer of [this.#values, this.#coefficients, this.#limbs]) buffer.fill(0);
  }

  /** The coefficient that makes the polynomials of the earlier places pass through this share, too. */
  #take(place: number, taken: number): void {
    const m = this.#points.length;
    let inverse = 1;
    for (let j = 0; j < taken; j++) inverse = mul(inverse, this.#inverses[place * m + this.#taken[j]!]!);
    this.#evaluate(this.#points[place]!, taken);
    this.#taken[taken] = place;
    for (let limb = 0; limb < FIELD.limbs; limb++) {
      const value = this.#values[place * FIELD.limbs + limb]!;
      this.#coefficients[taken * FIELD.limbs + limb] = mul(sub(value, this.#limbs[limb]!), inverse);
    }
  }

  /** The values at a point of the polynomials through the first `taken` places: Horner's rule in Newton's form. */
  #evaluate(point: number, taken: number): void {
    const limbs = this.#limbs;
    limbs.fill(0);
    for (let j = taken - 1; j >= 0; j--) {
      const factor = sub(point, this.#points[this.#taken[j]!]!);
      const row = j * FIELD.limbs;
      for (let limb = 0; limb < FIELD.limbs; limb++) {
        limbs[limb] = reduce(limbs[limb]! * factor + this.#coefficients[row + limb]!);
      }
    }
  }

  /** A share is missed if any of its ten limbs is. What the polynomials open to is checked last: it costs the most. */
  #candidate(from: number, left: readonly number[]): { secret: SecretBytes; missed: number[] } | undefined {
    const { threshold, missing, slots, isRight } = this.#search;
    const missed = [...left];
    for (let place = from; place < slots.length; place++) {
      this.#evaluate(this.#points[place]!, threshold);
      const row = place * FIELD.limbs;
      if (this.#limbs.every((limb, i) => limb === this.#values[row + i])) continue;
      missed.push(place);
      if (missed.length > missing) return undefined;
    }
    this.#evaluate(0, threshold);
    const secret = secretOf(this.#limbs);
    if (secret === undefined) return undefined;
    if (isRight(secret)) return { secret, missed };
    secret.wipe();
    return undefined;
  }
}

/** The secret that ten limbs form, if they form one. */
function secretOf(limbs: Float64Array): SecretBytes | undefined {
  try {
    return new SecretBytes(joinSecret(limbs));
  } catch {
    return undefined;
  }
}
