import { CairnError } from '../../errors.ts';

/**
 * Smooth functions by straight lines, in fixed point: pure data in integers, so that every engine has the same. Both the
 * circuit and {@link piecewiseValue} compute exactly ⌊multiplier · x / 2^shift⌋ + offset.
 */

/** A line and where it starts. */
export interface LinearPiece {
  /** The first x for which it holds, as an integer in fixed point; undefined for the first piece, which has no start. */
  readonly from: bigint | undefined;
  readonly multiplier: bigint;
  readonly shift: number;
  readonly offset: bigint;
}

/** Lines in the order of their starts; the first has none, and it alone. */
export type Pieces = readonly LinearPiece[];

/**
 * How sigmoid is cut. `secureml`: 0, x + ½, 1, which is made for training and off by .38 at ±½ (Mohassel and Zhang, S&P
 * 2017); `plan`: slopes ¼, ⅛ and 1/32, off by at most .019 (Amin, Curtis and Hayes-Gill, 1997); `fine`: 13 lines, off by
 * at most .003, found by a search over knots at eighths and slopes that are sums of two powers of two.
 */
export type SigmoidPieces = 'secureml' | 'plan' | 'fine';

/** Right half of a sigmoid: from, slope in 256ths, offset in 1 024ths. The first line goes through ½ and serves both halves. */
const HALVES: Record<SigmoidPieces, { eighths: number; slope: number; offset: number }[]> = {
  secureml: [
    { eighths: 0, slope: 256, offset: 512 },
    { eighths: 4, slope: 0, offset: 1024 },
  ],
  plan: [
    { eighths: 0, slope: 64, offset: 512 },
    { eighths: 8, slope: 32, offset: 640 },
    { eighths: 19, slope: 8, offset: 864 },
    { eighths: 40, slope: 0, offset: 1024 },
  ],
  fine: [
    { eighths: 0, slope: 62, offset: 512 },
    { eighths: 6, slope: 48, offset: 554 },
    { eighths: 11, slope: 34, offset: 632 },
    { eighths: 16, slope: 20, offset: 744 },
    { eighths: 22, slope: 9, offset: 866 },
    { eighths: 31, slope: 2, offset: 975 },
    { eighths: 47, slope: 0, offset: 1024 },
  ],
};

/** Fraction bits with which all knots of sigmoid and tanh are whole. */
const MIN_FRACTION = 4;

/**
 * 1 / (1 + e^−x) by lines, x and the result with `fraction` bits behind the point.
 * @throws CairnError `internal` below 4 bits of fraction
 */
export function sigmoidPieces(fraction: number, kind: SigmoidPieces): Pieces {
  return halvesOf(kind).map(({ eighths, slope, offset }) => ({
    from: eighths === undefined ? undefined : inFixed(eighths, 3, fraction),
    ...reduced(slope, 8),
    offset: inFixed(offset, 10, fraction),
  }));
}

/**
 * tanh x = 2 · sigmoid(2x) − 1 by lines, x and the result with `fraction` bits behind the point; twice as far off as the
 * sigmoid.
 * @throws CairnError `internal` below 4 bits of fraction
 */
export function tanhPieces(fraction: number, kind: Exclude<SigmoidPieces, 'secureml'>): Pieces {
  return halvesOf(kind).map(({ eighths, slope, offset }) => ({
    from: eighths === undefined ? undefined : inFixed(eighths, 4, fraction),
    ...reduced(slope, 6),
    offset: inFixed(offset - 512, 9, fraction),
  }));
}

/** The value of the lines at x: what the circuit computes, in the clear. */
export function piecewiseValue(pieces: Pieces, x: bigint): bigint {
  const piece = pieces.findLast(({ from }) => from === undefined || x >= from);
  if (piece === undefined)
    throw new CairnError('internal', 'pieces of a function: expected the first to have no start');
  return ((piece.multiplier * x) >> BigInt(piece.shift)) + piece.offset;
}

/** All lines from left to right: sigmoid(−x) = 1 − sigmoid(x). */
function halvesOf(kind: SigmoidPieces): { eighths: number | undefined; slope: number; offset: number }[] {
  const [middle, ...right] = HALVES[kind];
  const knots = right.map(({ eighths }) => eighths);
  const left = right.toReversed().map(({ slope, offset }, at) => {
    return { eighths: at === 0 ? undefined : -knots[knots.length - at]!, slope, offset: 1024 - offset };
  });
  return [...left, { ...middle!, eighths: -knots[0]! }, ...right];
}

/** value / 2^bits in fixed point, rounded to nearest. */
function inFixed(value: number, bits: number, fraction: number): bigint {
  if (!(Number.isSafeInteger(fraction) && fraction >= MIN_FRACTION)) {
    throw new CairnError('internal', `expected ${MIN_FRACTION} bits of fraction or more, got ${fraction}`);
  }
  return ((BigInt(value) << BigInt(fraction + 1)) + (1n << BigInt(bits))) >> BigInt(bits + 1);
}

/** The slope value / 2^bits in lowest terms. */
function reduced(value: number, bits: number): { multiplier: bigint; shift: number } {
  let [multiplier, shift] = [value, bits];
  while (shift > 0 && multiplier % 2 === 0) [multiplier, shift] = [multiplier / 2, shift - 1];
  return { multiplier: BigInt(multiplier), shift };
}
