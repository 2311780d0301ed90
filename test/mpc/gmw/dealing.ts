import type {
  AndDemand,
  AndTriples,
  Correlations,
  Demand,
  DemandKind,
  DemandOf,
  Parts,
  RectifyDemand,
  RectifyPart,
  SquareDemand,
  SquarePart,
  WrapDemand,
  WrapPart,
} from '../../../protocol/mpc/dealer/types.ts';
import type { Prg } from '../../../protocol/mpc/prg.ts';
import { type Ring, ring32, ring64, type Words } from '../../../protocol/mpc/sharing/index.ts';
import { rowWords, type Slices } from '../../../protocol/mpc/slices.ts';

/** A part for each of the two parties. */
export type Pair<T> = readonly [T, T];

/** Uniform rows; lanes of padding are as random as the others, as they may be. */
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

export function ringOf(bits: 32 | 64): Ring {
  return bits === 32 ? ring32 : ring64;
}

function bitWords(ring: Ring, { stride, words, lanes }: Slices, row: number): Words {
  return ring.fromSigned(
    Array.from({ length: lanes }, (_, lane) => BigInt((words[row * stride + (lane >> 5)]! >>> (lane & 31)) & 1)),
  );
}

export function dealAnd(prg: Prg, { rows, lanes }: AndDemand): Pair<AndTriples> {
  const [a, b] = [drawSlices(prg, rows, lanes), drawSlices(prg, rows, lanes)];
  const c = { ...a, words: a.words.map((word, at) => word & b.words[at]!) };
  const [a2, b2, c2] = [splitSlices(prg, a), splitSlices(prg, b), splitSlices(prg, c)];
  return [
    { a: a2[0], b: b2[0], c: c2[0] },
    { a: a2[1], b: b2[1], c: c2[1] },
  ];
}

export function dealRectify(prg: Prg, { bits, count, shift }: RectifyDemand): Pair<RectifyPart> {
  const ring = ringOf(bits);
  const flips = drawSlices(prg, shift === 0 ? 1 : 3, count);
  const flipShares = splitSlices(prg, flips);
  const mask = ring.draw(prg, count);
  const sign = bitWords(ring, flips, 0);
  const carry = shift === 0 ? sign : bitWords(ring, flips, 1);
  const wrap = shift === 0 ? sign : bitWords(ring, flips, 2);
  const shares = [
    sign,
    mask,
    ring.multiply(sign, mask),
    carry,
    ring.multiply(sign, carry),
    wrap,
    ring.multiply(sign, wrap),
  ].map((secret) => splitWords(ring, prg, secret));
  const side = (at: 0 | 1): RectifyPart => {
    const [ownSign, ownMask, signMask, ownCarry, signCarry, ownWrap, signWrap] = shares.map((pair) => pair[at]);
    const carries = { carry: ownCarry!, signCarry: signCarry!, wrap: ownWrap!, signWrap: signWrap! };
    return {
      flips: flipShares[at],
      sign: ownSign!,
      mask: ownMask!,
      signMask: signMask!,
      carries: shift === 0 ? undefined : carries,
    };
  };
  return [side(0), side(1)];
}

export function dealWrap(prg: Prg, { bits, count }: WrapDemand): Pair<WrapPart> {
  const ring = ringOf(bits);
  const flips = drawSlices(prg, 2, count);
  const flipShares = splitSlices(prg, flips);
  const [carry, wrap] = [
    splitWords(ring, prg, bitWords(ring, flips, 0)),
    splitWords(ring, prg, bitWords(ring, flips, 1)),
  ];
  return [
    { flips: flipShares[0], carry: carry[0], wrap: wrap[0] },
    { flips: flipShares[1], carry: carry[1], wrap: wrap[1] },
  ];
}

export function dealSquare(prg: Prg, { bits, count }: SquareDemand): Pair<SquarePart> {
  const ring = ringOf(bits);
  const secret = ring.draw(prg, count);
  const a = splitWords(ring, prg, secret);
  const squared = splitWords(ring, prg, ring.multiply(secret, secret));
  return [
    { a: a[0], squared: squared[0] },
    { a: a[1], squared: squared[1] },
  ];
}

function dealOne(prg: Prg, demand: Demand): Pair<unknown> {
  if (demand.kind === 'and') return dealAnd(prg, demand);
  if (demand.kind === 'rectify') return dealRectify(prg, demand);
  if (demand.kind === 'wrap') return dealWrap(prg, demand);
  if (demand.kind === 'square') return dealSquare(prg, demand);
  throw new Error(`nothing here deals ${demand.kind}`);
}

/** Deals demands in the clear, with shares that come from one generator: what the parties of a test take. */
export function deal(prg: Prg, demands: readonly Demand[]): Pair<Correlations> {
  const dealt = demands.map((demand) => ({ demand, parts: dealOne(prg, demand) }));
  return [queueOf(dealt, 0), queueOf(dealt, 1)];
}

function queueOf(dealt: readonly { demand: Demand; parts: Pair<unknown> }[], side: 0 | 1): Correlations {
  let next = 0;
  return {
    side: side === 0 ? 'seeded' : 'corrected',
    take<Kind extends DemandKind>(demand: DemandOf<Kind>): Parts[Kind] {
      const { demand: expected, parts } = dealt[next++]!;
      if (JSON.stringify(expected) !== JSON.stringify(demand))
        throw new Error(`${JSON.stringify(demand)} was not dealt`);
      return parts[side] as Parts[Kind];
    },
    wipe() {
      next = dealt.length;
    },
  };
}
