import type { LinearMap } from '../sharing/linear-map.ts';
import type { Words } from '../sharing/types.ts';
import type { Slices } from '../slices.ts';
import type { CorrelatedReceiver, CorrelatedSender } from '../transfer/types.ts';

/**
 * What a dealer gives: correlated randomness, independent of all inputs. It comes in pieces; a piece is all that one run
 * of a plan needs, an ordered list of demands. Both sides and the dealer derive the same list from the plan, so nothing
 * here is ever sent but seeds and corrections.
 */

/**
 * The two sides of a dealing. The *seeded* side expands a seed of 32 bytes and needs nothing else; the *corrected* side
 * expands one too, and is told corrections, which make what it holds fit the other's.
 */
export type Side = 'seeded' | 'corrected';

/** AND triples, a bit a lane and row: c = a ∧ b. */
export interface AndDemand {
  readonly kind: 'and';
  /** Rows: AND gates of a circuit. */
  readonly rows: number;
  /** Lanes: circuits that are evaluated at once. */
  readonly lanes: number;
}

/**
 * Beaver products for a linear map with fixed masked weights: C = map(B, A), where B masks the weights and is fixed for
 * the model, and A masks the inputs of one piece. In the one-sided form B is the corrected side's and A is the seeded
 * side's; in the two-sided form both are shared. C is shared in both.
 */
export interface LinearDemand {
  readonly kind: 'linear';
  readonly form: 'one-sided' | 'two-sided';
  readonly map: LinearMap;
  /** Inputs of the map. */
  readonly batch: number;
  readonly bits: 32 | 64;
  /** Which of the model's linear layers, counted from 0: says which B it is. */
  readonly layer: number;
}

/** What a ReLU on shares needs besides its ANDs, value by value, with an exact shift to the right by `shift` bits. */
export interface RectifyDemand {
  readonly kind: 'rectify';
  readonly bits: 32 | 64;
  readonly count: number;
  /** From 0 to bits − 1. Without a shift there are no carries to correct for, and less is dealt. */
  readonly shift: number;
}

/** What an exact shift of shares needs besides its ANDs, value by value. */
export interface WrapDemand {
  readonly kind: 'wrap';
  readonly bits: 32 | 64;
  readonly count: number;
}

/** Squares of random elements. */
export interface SquareDemand {
  readonly kind: 'square';
  readonly bits: 32 | 64;
  readonly count: number;
}

/** Correlated oblivious transfers (see `transfer`), under a delta that is drawn for this demand alone. */
export interface TransferDemand {
  readonly kind: 'transfer';
  readonly count: number;
  /** The side that is the transfers' sender; the other one is their receiver. */
  readonly sender: Side;
}

/** One entry of a piece. Counts, rows, lanes and batches are from 1. */
export type Demand = AndDemand | LinearDemand | RectifyDemand | WrapDemand | SquareDemand | TransferDemand;

/** The kinds of demands. */
export type DemandKind = Demand['kind'];

/** The demand of a kind. */
export type DemandOf<Kind extends DemandKind> = Extract<Demand, { readonly kind: Kind }>;

/** A side's XOR shares of bits a and b and of c = a ∧ b; each has the demand's rows and lanes. */
export interface AndTriples {
  readonly a: Slices;
  readonly b: Slices;
  readonly c: Slices;
}

/**
 * A side's part of C = map(B, A). B itself is no part of it, since it is the same for every piece: see `weightMask`.
 */
export interface LinearPart {
  /**
   * batch × inputs words. One-sided: A on the seeded side, and undefined on the corrected side, which has no share of
   * it. Two-sided: the side's additive share of A.
   */
  readonly a: Words | undefined;
  /** batch × outputs words: the side's additive share of C. */
  readonly c: Words;
}

/**
 * A side's shares for `count` ReLUs, of random bits s (sign), c (carry) and w (wrap) and a random element a a value. Each
 * bit is shared twice: by XOR in `flips`, and additively, as a ring element 0 or 1.
 */
export interface RectifyPart {
  /** Rows s, c, w; or s alone without a shift. A lane a value. */
  readonly flips: Slices;
  /** s. */
  readonly sign: Words;
  /** a. */
  readonly mask: Words;
  /** s · a. */
  readonly signMask: Words;
  /** Undefined without a shift. */
  readonly carries: CarryShares | undefined;
}

/** The part of {@link RectifyPart} that only a shift needs: additive shares. */
export interface CarryShares {
  /** c. */
  readonly carry: Words;
  /** s · c. */
  readonly signCarry: Words;
  /** w. */
  readonly wrap: Words;
  /** s · w. */
  readonly signWrap: Words;
}

/** A side's shares for `count` exact shifts, of random bits c (carry) and w (wrap) a value, each shared twice. */
export interface WrapPart {
  /** Rows c, w: XOR shares. A lane a value. */
  readonly flips: Slices;
  /** c: additive shares. */
  readonly carry: Words;
  /** w: additive shares. */
  readonly wrap: Words;
}

/** A side's additive shares of random a and of a². */
export interface SquarePart {
  readonly a: Words;
  readonly squared: Words;
}

/** A side's part of correlated oblivious transfers: `sender` or `receiver`, as the demand says of this side. */
export type TransferPart =
  | { readonly role: 'sender'; readonly sender: CorrelatedSender }
  | { readonly role: 'receiver'; readonly receiver: CorrelatedReceiver };

/** What `take` gives for a demand of each kind. Words are Uint32Array or BigUint64Array as the demand's `bits` says. */
export interface Parts {
  readonly and: AndTriples;
  readonly linear: LinearPart;
  readonly rectify: RectifyPart;
  readonly wrap: WrapPart;
  readonly square: SquarePart;
  readonly transfer: TransferPart;
}

/** A side's correlated randomness for one run: each part is given once. */
export interface Correlations {
  readonly side: Side;
  /**
   * The next part of the demand's kind, which the taker owns from then on: it wipes what it has used. Kinds may be taken
   * in any order; within a kind the order is the plan's, and the same on both sides.
   * @throws CairnError `dealt-mismatch` if the next part of this kind was dealt for another demand, or none is left
   */
  take<Kind extends DemandKind>(demand: DemandOf<Kind>): Parts[Kind];
  /** Zeroes what was not taken; nothing can be taken afterwards. Wiping twice is harmless. */
  wipe(): void;
}
