import {
  type Correlations,
  correctedSide,
  corrections,
  type Demand,
  type DemandKind,
  type DemandOf,
  type Parts,
  seededSide,
  WeightMasks,
} from '../../../protocol/mpc/dealer/index.ts';
import type { Prg } from '../../../protocol/mpc/prg.ts';
import type { Ring, Words } from '../../../protocol/mpc/sharing/index.ts';
import { rowWords, type Slices } from '../../../protocol/mpc/slices.ts';

/** One for each of the two parties. */
export type Pair<T> = readonly [T, T];

/** A piece from the dealer, for party 0 and party 1. */
export function deal(prg: Prg, demands: readonly Demand[]): Pair<Correlations> {
  const [first, second] = [prg.bytes(32), prg.bytes(32)];
  const told = corrections(demands, first, second, new WeightMasks({}));
  return [seededSide(demands, first), correctedSide(demands, second, told)];
}

/** The same correlations, with a look at each part as it is taken. */
export function watched(correlations: Correlations, look: (part: unknown) => void): Correlations {
  return {
    side: correlations.side,
    take<Kind extends DemandKind>(demand: DemandOf<Kind>): Parts[Kind] {
      const part = correlations.take(demand);
      look(part);
      return part;
    },
    wipe: () => correlations.wipe(),
  };
}

/** Uniform rows, in their padding too. */
export function drawSlices(prg: Prg, rows: number, lanes: number): Slices {
  const stride = rowWords(lanes);
  return { rows, lanes, stride, words: prg.words(rows * stride) };
}

export function xorSlices(a: Slices, b: Slices): Slices {
  return { ...a, words: a.words.map((word, at) => word ^ b.words[at]!) };
}

/** Uniform XOR shares of rows. */
export function splitSlices(prg: Prg, secret: Slices): Pair<Slices> {
  const first = drawSlices(prg, secret.rows, secret.lanes);
  return [first, xorSlices(first, secret)];
}

/** Uniform additive shares of words. */
export function splitWords<W extends Words>(ring: Ring<W>, prg: Prg, secret: W): Pair<W> {
  const first = ring.draw(prg, secret.length);
  return [first, ring.subtract(secret, first)];
}

/** For parties that ask for no permutation. */
export function noPermutation(): Uint8Array {
  throw new Error('GMW permutes no blocks');
}
