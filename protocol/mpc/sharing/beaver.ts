import { toFixed } from './fixed.ts';
import { type LinearMap, mapSizes } from './linear-map.ts';
import { wipeWords } from './shares.ts';
import type { Ring, WeightedMap, Words } from './types.ts';

/**
 * Products of shared values with dealt triples (Beaver, CRYPTO 1991): the algebra alone. Who draws, opens and sends what is
 * up to the systems. Everything here is local, and holds against semi-honest parties: a party that opens a false masked
 * value makes the result wrong, and the other does not notice. A mask is used for one value only; with it, an opened
 * difference is uniform and says nothing. (Weights are one value for all queries, so their mask and E = W − B are fixed.)
 *
 * A linear map is taken apart as W·X = W·F + E·A + B·A, with F = X − A and E = W − B. The last two terms need nothing of
 * the query: {@link prepareLinear} computes a party's share of them offline, so that {@link finishLinear} has a single
 * map to apply online. This equals the usual −i·E·F + W_i·F + E·X_i + C_i (SecureML, section 4.1), of which two are online.
 *
 * - *Two-sided* (SecureML): both parties hold shares W_i, B_i, A_i, X_i and C_i, with C = B·A. They open E once for a model
 *   and F for each query. Party i: prepareLinear(E, A_i, C_i), then finishLinear(W_i, F).
 * - *One-sided* (Chameleon, section 4): the owner alone knows W and B and the asker alone A: the case W_1 = B_1 = A_0 = 0
 *   of it. The owner sends E once. The asker's share of the result is prepareLinear(E, A, C_1), known before any query; it
 *   sends D = X_1 − A. The owner's is finishLinear(W, X_0 + D) over the base C_0, to which it may have added the bias.
 */

/**
 * A party's share of E·A + B·A, for a batch of inputs.
 * @param masked E = W − B, as opened, or the map prepared with it
 * @param mask the party's share of the inputs' mask A: batch × inputs
 * @param product its share of C = B·A: batch × outputs
 * @throws CairnError `wire-bounds` for vectors that do not fit the map
 */
export function prepareLinear<W extends Words>(
  ring: Ring<W>,
  map: LinearMap,
  masked: W | WeightedMap<W>,
  mask: W,
  product: W,
  batch: number,
): W {
  const base = applyEither(ring, map, masked, mask, batch);
  ring.addInto(base, product);
  return base;
}

/**
 * A party's share of W·X, for a batch of inputs.
 * @param weights the party's share of W, or W itself for the owner of the one-sided form; or the map prepared with it
 * @param opened F = X − A, as opened
 * @param base what {@link prepareLinear} gave; for the owner of the one-sided form C_0
 * @throws CairnError `wire-bounds` for vectors that do not fit the map
 */
export function finishLinear<W extends Words>(
  ring: Ring<W>,
  map: LinearMap,
  weights: W | WeightedMap<W>,
  opened: W,
  base: W,
  batch: number,
): W {
  const share = applyEither(ring, map, weights, opened, batch);
  ring.addInto(share, base);
  return share;
}

function applyEither<W extends Words>(
  ring: Ring<W>,
  map: LinearMap,
  weights: W | WeightedMap<W>,
  x: W,
  batch: number,
): W {
  return 'apply' in weights ? weights.apply(x, batch) : ring.apply(map, weights, x, batch);
}

/**
 * A bias for each output of a batch, to be added to one party's share.
 * @param bias one element for each output of a dense map, or for each filter of a convolution
 * @returns batch × outputs elements
 * @throws CairnError `wire-bounds` for another number of elements
 */
export function spreadBias<W extends Words>(ring: Ring<W>, map: LinearMap, bias: W, batch: number): W {
  const { outputs } = mapSizes(map);
  const channels = map.kind === 'dense' ? outputs : map.filters;
  const ones = (count: number): W => toFixed(ring, new Float64Array(count).fill(1), 0);
  // Both are products of a column and a row of ones.
  const positions: LinearMap = { kind: 'dense', inputs: 1, outputs: outputs / channels };
  const one = ring.apply(positions, ones(positions.outputs), bias, channels);
  return ring.apply({ kind: 'dense', inputs: 1, outputs }, one, ones(batch), batch);
}

/** A party's share of a dealt square: c = a². A secret; used once. */
export interface SquareShare<W extends Words> {
  readonly a: W;
  readonly c: W;
}

/** A party's share of a dealt product: c = a · b, element by element. A secret; used once. */
export interface ProductShare<W extends Words> extends SquareShare<W> {
  readonly b: W;
}

/**
 * A party's share of x², element by element: e² + 2·e·a + a².
 * @param opened e = x − a, as opened
 */
export function squareShare<W extends Words>(ring: Ring<W>, party: 0 | 1, opened: W, { a, c }: SquareShare<W>): W {
  const factor = ring.add(a, a);
  if (party === 0) ring.addInto(factor, opened);
  const share = ring.multiply(opened, factor);
  ring.addInto(share, c);
  wipeWords(factor);
  return share;
}

/**
 * A party's share of x · y, element by element: e·f + e·b + f·a + a·b.
 * @param openedX e = x − a, as opened
 * @param openedY f = y − b, as opened
 */
export function productShare<W extends Words>(
  ring: Ring<W>,
  party: 0 | 1,
  openedX: W,
  openedY: W,
  { a, b, c }: ProductShare<W>,
): W {
  const share = ring.multiply(openedX, b);
  if (party === 0) ring.addInto(share, ring.multiply(openedX, openedY));
  const rest = ring.multiply(openedY, a);
  ring.addInto(share, rest);
  ring.addInto(share, c);
  wipeWords(rest);
  return share;
}
