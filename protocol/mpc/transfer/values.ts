import type { Prg } from '../prg.ts';
import type { Ring, Words } from '../sharing/types.ts';
import { type Slices, zeroSlices } from '../slices.ts';
import type { Party } from '../turn.ts';
import { crossProducts } from './cross-products.ts';
import { batchesOf, elementwiseRuns } from './product-plan.ts';
import { ProductShare } from './product-share.ts';
import type { BothWays } from './setup.ts';
import { joined, parted, rowElements, wipe } from './vectors.ts';

/**
 * Shares of random values and of their products, element by element, by transfers: what a dealer otherwise deals for
 * squares, ReLU and exact shifts. Both parties run each of these with the same numbers; semi-honest (cross-products.ts).
 */

/** Additive shares of random numbers and of their squares. */
export interface SquareShares<W extends Words> {
  readonly a: W;
  /** a², of the number itself and not of a share. */
  readonly squared: W;
}

/**
 * Shares of `count` uniform numbers and of their squares. Each number is an input whose only weight is itself.
 * @param prg gives this party's share of the numbers
 */
export function* shareSquares<W extends Words>(
  ring: Ring<W>,
  count: number,
  prg: Prg,
  setup: BothWays,
): Party<SquareShares<W>> {
  const a = ring.draw(prg, count);
  const runs = elementwiseRuns(count, 1);
  const own = { weights: a, inputs: a };
  const work = new ProductShare(ring, batchesOf(runs, 1, ring.bits), runs, own, ring.multiply(a, a));
  return { a, squared: yield* crossProducts(work, setup) };
}

/** Shares for exact shifts: random bits c (carry) and w (wrap) a value, each shared by XOR and additively (daBits). */
export interface WrapShares<W extends Words> {
  /** Rows c, w: XOR shares. A lane a value. */
  readonly flips: Slices;
  readonly carry: W;
  readonly wrap: W;
}

/**
 * Shares for `count` exact shifts.
 * @param prg gives this party's XOR shares of the bits
 */
export function* shareWraps<W extends Words>(
  ring: Ring<W>,
  count: number,
  prg: Prg,
  setup: BothWays,
): Party<WrapShares<W>> {
  const flips = drawFlips(prg, 2, count);
  const [carry, wrap] = yield* addBits(ring, flips, setup);
  return { flips, carry: carry!, wrap: wrap! };
}

/** Shares for ReLUs with an exact shift: random bits s (sign), c and w a value, a random number a, and products. */
export interface RectifyShares<W extends Words> {
  /** Rows s, c, w; or s alone without a shift. A lane a value. */
  readonly flips: Slices;
  readonly sign: W;
  /** a. */
  readonly mask: W;
  /** s · a. */
  readonly signMask: W;
  /** c, s · c, w and s · w; undefined without a shift. */
  readonly carries: { readonly carry: W; readonly signCarry: W; readonly wrap: W; readonly signWrap: W } | undefined;
}

/**
 * Shares for `count` ReLUs; less is needed without a shift.
 * @param prg gives this party's XOR shares of the bits and its share of a
 */
export function* shareRectifications<W extends Words>(
  ring: Ring<W>,
  count: number,
  shift: number,
  prg: Prg,
  setup: BothWays,
): Party<RectifyShares<W>> {
  const flips = drawFlips(prg, shift === 0 ? 1 : 3, count);
  const mask = ring.draw(prg, count);
  const [sign, carry, wrap] = yield* addBits(ring, flips, setup);
  const factors = shift === 0 ? [mask] : [mask, carry!, wrap!];
  const [signMask, signCarry, signWrap] = yield* select(ring, flips, factors, setup);
  const carries = shift === 0 ? undefined : { carry: carry!, signCarry: signCarry!, wrap: wrap!, signWrap: signWrap! };
  return { flips, sign: sign!, mask, signMask: signMask!, carries };
}

/** Uniform bits; those of the padding are as random, and mean nothing. */
function drawFlips(prg: Prg, rows: number, lanes: number): Slices {
  const flips = zeroSlices(rows, lanes);
  const drawn = prg.words(flips.words.length);
  flips.words.set(drawn);
  wipe(drawn);
  return flips;
}

/**
 * Additive shares of bits that are shared by XOR, row by row: d_0 ⊕ d_1 = d_0 + d_1 − d_0 · d_1 − d_1 · d_0, so side i
 * begins with d_i, and −d_i is the weight that the other side's bit meets.
 */
function* addBits<W extends Words>(ring: Ring<W>, flips: Slices, setup: BothWays): Party<readonly W[]> {
  const { rows, lanes } = flips;
  const inputs = joined(
    ring,
    Array.from({ length: rows }, (_, row) => rowElements(ring, flips, row)),
  );
  const weights = ring.negate(inputs);
  const runs = elementwiseRuns(rows * lanes, 1);
  const begun = joined(ring, [inputs]);
  const work = new ProductShare(ring, batchesOf(runs, 1, ring.bits, 1), runs, { weights, inputs }, begun);
  const shares = yield* crossProducts(work, setup);
  wipe(weights, inputs);
  return parted(ring, shares, rows);
}

/**
 * Additive shares of s · v for vectors v, s being row 0 of the flips: of (s_0 ⊕ s_1) · v_i, side i begins with s_i · v_i,
 * and the other side's bit adds (1 − 2 · s_i) · v_i. One transfer carries the products with all vectors.
 */
function* select<W extends Words>(
  ring: Ring<W>,
  flips: Slices,
  vectors: readonly W[],
  setup: BothWays,
): Party<readonly W[]> {
  const inputs = rowElements(ring, flips, 0);
  const values = joined(ring, vectors);
  const begun = joined(
    ring,
    vectors.map((vector) => ring.multiply(inputs, vector)),
  );
  const weights = ring.subtract(ring.subtract(values, begun), begun);
  const runs = elementwiseRuns(flips.lanes, vectors.length);
  const work = new ProductShare(ring, batchesOf(runs, 1, ring.bits, 1), runs, { weights, inputs }, begun);
  const shares = yield* crossProducts(work, setup);
  wipe(weights, inputs, values);
  return parted(ring, shares, vectors.length);
}
