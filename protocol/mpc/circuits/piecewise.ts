import { CairnError } from '../../errors.ts';
import { add } from './add.ts';
import type { CircuitBuilder, Wire, Word } from './builder.ts';
import { less } from './compare.ts';
import { multiplyConstant } from './multiply.ts';
import type { LinearPiece, Pieces } from './pieces.ts';
import { constantWord, gated, type Shape, signExtended, signOf, xorWords } from './words.ts';

/** A piece between its ends: x from `low` to `high`, both included. */
interface Span {
  readonly piece: LinearPiece;
  readonly low: bigint;
  readonly high: bigint;
}

/**
 * A function by straight lines of a signed word, exactly as `piecewiseValue` has it. The result is a signed word, as wide
 * as its values need.
 *
 * One wire for each piece says whether x is in it. Those select constants at no cost (the XOR of the wires of all pieces
 * whose offset has a bit), and slopes by one AND for each bit that x can have in pieces of that slope; then one addition.
 * @throws CairnError `internal` if the pieces are not in order, if the first one has a start, or if there are none
 */
export function piecewiseLinear(builder: CircuitBuilder, x: Word, pieces: Pieces, shape: Shape): Word {
  const spans = spansOf(pieces, x.length);
  const inside = membership(builder, x, spans, shape);
  const width = bitsFor(spans.flatMap(({ piece, low, high }) => [valueAt(piece, low), valueAt(piece, high)]));
  let sloped = constantWord(builder, 0n, width);
  for (const slope of slopesOf(spans)) {
    const same = spans.filter(({ piece }) => slopeOf(piece) === slope);
    const { multiplier, shift } = same[0]!.piece;
    // Where these pieces hold, the bits of x above these are copies of its sign.
    const input = signExtended(x, bitsFor(same.flatMap(({ low, high }) => [low, high])));
    const products = bitsFor(same.flatMap(({ low, high }) => [multiplier * low, multiplier * high]));
    const product = multiplyConstant(builder, input, multiplier, products, 'signed', shape);
    // A shift by all bits leaves the sign.
    const term = product.slice(Math.min(shift, products - 1));
    const gate = spans.reduce((any, { piece }, at) => {
      return slopeOf(piece) === slope ? builder.xor(any, inside[at]!) : any;
    }, builder.zero);
    sloped = xorWords(builder, sloped, signExtended(gated(builder, gate, term), width));
  }
  const offset = Array.from({ length: width }, (_, bit) => {
    return spans.reduce((any, { piece }, at) => {
      return ((piece.offset >> BigInt(bit)) & 1n) === 1n ? builder.xor(any, inside[at]!) : any;
    }, builder.zero);
  });
  return add(builder, sloped, offset, shape);
}

/** The pieces that words of `bits` bits can reach, with their ends. */
function spansOf(pieces: Pieces, bits: number): Span[] {
  const [min, max] = [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n];
  const spans = pieces.map((piece, at) => {
    const [from, next] = [piece.from, pieces[at + 1]?.from];
    const ordered = at === 0 ? from === undefined : from !== undefined && from > (pieces[at - 1]!.from ?? from - 1n);
    if (!ordered)
      throw new CairnError('internal', 'pieces of a function: expected them in order, the first without a start');
    const low = from === undefined || from < min ? min : from;
    const high = next === undefined || next > max ? max : next - 1n;
    return { piece, low, high };
  });
  if (spans.length === 0) throw new CairnError('internal', 'pieces of a function: expected one or more');
  return spans.filter(({ low, high }) => low <= high);
}

/**
 * For each span whether x is in it. All knots are close to 0 in a wide word, so x is compared with them in as many bits
 * as they have, and where it has more, its sign decides: that takes one chain of ANDs for all of them.
 */
function membership(builder: CircuitBuilder, x: Word, spans: readonly Span[], shape: Shape): Wire[] {
  const knots = spans.slice(1).map(({ low }) => low);
  const width = Math.min(x.length, bitsFor(knots));
  const low = x.slice(0, width);
  const equal = x.slice(width).map((wire) => builder.not(builder.xor(wire, signOf(low))));
  const small = allOf(builder, equal);
  const reached = knots.map((knot) => {
    const above = builder.not(less(builder, low, constantWord(builder, knot, width), 'signed', shape));
    return builder.mux(small, above, builder.not(signOf(x)));
  });
  const from = [builder.one, ...reached];
  return from.map((wire, at) => builder.xor(wire, from[at + 1] ?? builder.zero));
}

function allOf(builder: CircuitBuilder, wires: Word): Wire {
  if (wires.length < 2) return wires[0] ?? builder.one;
  const half = Math.ceil(wires.length / 2);
  return builder.and(allOf(builder, wires.slice(0, half)), allOf(builder, wires.slice(half)));
}

/** Bits of the narrowest signed word that holds all of the numbers, and 1 if there are none. */
function bitsFor(numbers: readonly bigint[]): number {
  let bits = 1;
  while (numbers.some((number) => BigInt.asIntN(bits, number) !== number)) bits++;
  return bits;
}

function valueAt({ multiplier, shift, offset }: LinearPiece, x: bigint): bigint {
  return ((multiplier * x) >> BigInt(shift)) + offset;
}

function slopesOf(spans: readonly Span[]): Set<string> {
  return new Set(spans.filter(({ piece }) => piece.multiplier !== 0n).map(({ piece }) => slopeOf(piece)));
}

function slopeOf({ multiplier, shift }: LinearPiece): string {
  return `${multiplier} ${shift}`;
}
