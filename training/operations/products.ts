import type { Tape } from '../tape/tape.ts';
import type { Geometry } from './geometry.ts';
import { convolveLanes, correlateLanes, runLength, spreadLanes } from './lanes.ts';
import { convolveShifted, correlateShifted, flatLength, shiftable } from './shifted.ts';
import { turnable, withTurned } from './turned.ts';
import { convolveUnfolded, correlateUnfolded, spreadUnfolded } from './unfolded.ts';

/*
 * Chooses how each of a convolution's three products is computed. The choice depends only on the shapes, so the order
 * of every sum is the same on every machine.
 */

const TILE = 16;
// From this batch on, spreading with the batch innermost fills its tiles.
const BATCH = 8;
// How much excess work a transposed convolution may do before unfolding it, in two passes, is cheaper.
const SLACK = 1.25;

type Way = 'lanes' | 'shifted' | 'unfolded';

function wayOf(geo: Geometry): Way {
  const { batch, places } = geo;
  const run = runLength(geo);
  const alone = shiftable(geo) ? 'shifted' : 'unfolded';
  if (run < TILE) return alone;
  if (alone === 'unfolded') return batch > 1 ? 'lanes' : alone;
  const runs = (places * batch) / run;
  return runs * Math.ceil(run / TILE) < batch * Math.ceil(flatLength(geo) / TILE) ? 'lanes' : 'shifted';
}

/** y = x * w, plus the bias if there is one; rectified if wanted. */
export function convolveInto(
  tape: Tape,
  geo: Geometry,
  x: number,
  w: number,
  bias: number | null,
  rectify: boolean,
  y: number,
): void {
  const ways = { lanes: convolveLanes, shifted: convolveShifted, unfolded: convolveUnfolded };
  ways[wayOf(geo)](tape, geo, x, w, bias, rectify, y);
}

/** x = the transpose of the convolution by its image, applied to y, plus a bias per channel if there is one. */
export function spreadInto(tape: Tape, geo: Geometry, y: number, w: number, bias: number | null, x: number): void {
  const { batch, places, extents: e } = geo;
  if (turnable(geo) && (batch < BATCH || e.height * e.width <= SLACK * places))
    withTurned(tape, geo, w, (back, turned) => convolveInto(tape, back, y, turned, bias, false, x));
  else (batch < BATCH ? spreadUnfolded : spreadLanes)(tape, geo, y, w, bias, x);
}

/** The transpose of w (taps × filters) = the transpose of the convolution by its weights, applied to x and y. */
export function correlateInto(tape: Tape, geo: Geometry, x: number, y: number, transposed: number): void {
  const ways = { lanes: correlateLanes, shifted: correlateShifted, unfolded: correlateUnfolded };
  ways[wayOf(geo)](tape, geo, x, y, transposed);
}
