import { exp } from '../../protocol/numeric.ts';
import type { Piece, PiecewiseStep } from './types.ts';

/*
 * sigmoid and tanh as functions that are linear by pieces (MiniONN §5.3.2 fits splines likewise): lines between points of
 * the function, constant outside. The points' values are rounded so that every slope has SLOPE bits after the point:
 * then the pieces join exactly, and the function never decreases. Within 0.010 of sigmoid and 0.020 of tanh. SecureML
 * trains with three pieces of a slope of 1 in place of a sigmoid; for a network that was trained with the real one these
 * would be another network.
 */

/** Fraction bits of slopes. */
const SLOPE = 8;

/** Points of sigmoid for x ≥ 0; those below follow, since sigmoid(−x) = 1 − sigmoid(x). All are multiples of 1/4. */
const POINTS = [0, 0.5, 1, 1.5, 2, 3, 4, 6];

/** Points with exact values, of a function that is constant outside of them. */
function pointsOf(name: PiecewiseStep['function']): { readonly x: number; readonly y: number }[] {
  // tanh(x) = 2·sigmoid(2x) − 1: the same points at half the distance.
  const tanh = name === 'tanh';
  const right = POINTS.map((point) => {
    const x = tanh ? point / 2 : point;
    const sigmoid = 1 / (1 + exp(-point));
    return { x, y: tanh ? 2 * sigmoid - 1 : sigmoid };
  });
  // From the middle outwards, each step a whole number of slope units.
  const middle = tanh ? 0 : 0.5;
  const joined = [{ x: 0, y: middle }];
  for (const { x, y } of right.slice(1)) {
    const last = joined.at(-1)!;
    const unit = (x - last.x) / 2 ** SLOPE;
    joined.push({ x, y: last.y + Math.round((y - last.y) / unit) * unit });
  }
  const left = joined.slice(1).map(({ x, y }) => ({ x: -x, y: 2 * middle - y }));
  return [...left.reverse(), ...joined];
}

/**
 * The pieces of a function.
 * @param bits of the ring
 * @param inputFraction fraction bits of the input, from 2 so that every point is a fixed-point number
 * @param fraction of the result
 */
export function piecesOf(
  name: PiecewiseStep['function'],
  bits: 32 | 64,
  inputFraction: number,
  fraction: number,
): Pick<PiecewiseStep, 'pieces' | 'shift'> {
  const sum = SLOPE + inputFraction;
  const shift = Math.max(0, sum - fraction);
  // A result with more bits than the sum has: the sum is scaled up instead of down.
  const scale = BigInt(2 ** Math.max(0, fraction - sum));
  const whole = (x: number, at: number): bigint => BigInt(Math.round(x * 2 ** at));
  const points = pointsOf(name);
  const first = { from: -(1n << BigInt(bits - 1)), slope: 0n, offset: whole(points[0]!.y, sum) * scale };
  const pieces: Piece[] = [first];
  for (let i = 0; i < points.length; i++) {
    const { x, y } = points[i]!;
    const next = points[i + 1];
    const slope = next === undefined ? 0n : whole((next.y - y) / (next.x - x), SLOPE);
    const from = whole(x, inputFraction);
    pieces.push({ from, slope: slope * scale, offset: whole(y, sum) * scale - slope * scale * from });
  }
  return { pieces, shift };
}
