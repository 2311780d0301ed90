import type { SigmoidPieces } from '../../protocol/mpc/circuits/index.ts';
import { floorLog2 } from '../../protocol/numeric.ts';
import type { Network, NetworkLayer } from '../network/types.ts';
import { valuesOf } from '../network/types.ts';
import { type Bounds, boundsAfter, clipped, magnitude } from './intervals.ts';
import { integersOf, linearLayers } from './quantise.ts';
import { type LayeredSteps, stepsOf } from './steps.ts';
import { areaBits, linearScale, type Scale } from './trace.ts';
import type { Reveal, Step } from './types.ts';

/** The largest absolute value of each linear layer's and each square's output, over example inputs; in their order. */
export interface Calibration {
  readonly linear: readonly number[];
  readonly square: readonly number[];
}

/** How far beyond what the examples showed values may go: two bits. */
const MARGIN = 4;

/** What is asked of fractions: steps for them, and whether bounds hold. */
interface Question {
  readonly network: Network;
  readonly layers: readonly NetworkLayer[];
  readonly bits: 32 | 64;
  readonly reveal: Reveal;
  readonly sigmoid: SigmoidPieces;
  /** If given, values are taken to stay within the margin of it; if not, interval arithmetic alone counts. */
  readonly calibration: Calibration | undefined;
}

/** An answer: the steps and what is known of their values. */
export interface Fitting extends LayeredSteps {
  readonly fraction: number;
  /** The largest absolute integer that may come out of each step. */
  readonly magnitudes: readonly number[];
}

/** The first step whose values may not fit the ring. */
export interface Overflow {
  readonly layer: NetworkLayer;
  /** Bits that the values take, their sign among them. */
  readonly needed: number;
}

/**
 * Absolute values stay below 2^(bits − 2), a factor of two below what the ring holds: so differences of two values fit
 * too, as comparisons need them.
 */
const limitOf = (bits: 32 | 64): number => 2 ** (bits - 2);

/** The scale after a step. */
function scaleAfter(step: Step, { fraction, area }: Scale, planned: number): Scale {
  switch (step.kind) {
    case 'linear':
      return linearScale({ fraction, area }, step.fraction);
    case 'rectify':
    case 'truncate':
      return { fraction: fraction - step.shift, area };
    case 'square':
      return { fraction: 2 * fraction, area: area * area };
    case 'sumPool':
      return { fraction, area: area * step.size * step.size };
    case 'piecewise':
      return { fraction: planned, area: 1 };
    case 'maxPool':
    case 'reveal':
      return { fraction, area };
  }
}

/** Bounds of the input as integers. */
function inputBounds({ inputShape, inputRange }: Network, fraction: number): Bounds {
  const count = valuesOf(inputShape);
  const [low, high] = inputRange.map((end) => Math.round(end * 2 ** fraction)) as [number, number];
  return { low: new Float64Array(count).fill(low), high: new Float64Array(count).fill(high) };
}

/** Follows bounds through the steps for some fractions. */
function fit(question: Question, fraction: number, weightFractions: readonly number[]): Fitting | Overflow {
  const { network, calibration } = question;
  const { steps, layers: owners } = stepsOf({ ...question, fraction, weightFractions });

  const weights = linearLayers(network);
  const limit = limitOf(question.bits);
  const magnitudes: number[] = [];
  let scale: Scale = { fraction, area: 1 };
  let bounds = inputBounds(network, fraction);
  let squares = 0;
  for (const [at, step] of steps.entries()) {
    const layer = step.kind === 'linear' ? integersOf(weights[step.layer]!, step.fraction, scale) : undefined;
    bounds = boundsAfter(step, bounds, layer, fraction);
    scale = scaleAfter(step, scale, fraction);
    let seen: number | undefined;
    if (step.kind === 'linear') seen = calibration?.linear[step.layer];
    if (step.kind === 'square') seen = calibration?.square[squares++];
    if (seen !== undefined) bounds = clipped(bounds, Math.max(1, MARGIN * seen) * 2 ** scale.fraction * scale.area);
    const max = magnitude(bounds);
    if (!(max < limit)) return { layer: owners[at]!, needed: 2 + floorLog2(max) };
    magnitudes.push(max);
  }
  return { steps, layers: owners, fraction, magnitudes };
}

/** Whether values fit. */
export const fits = (answer: Fitting | Overflow): answer is Fitting => 'magnitudes' in answer;

/** Fits one fraction for values and weights alike. */
export function fitFraction(question: Question, fraction: number): Fitting | Overflow {
  return fit(
    question,
    fraction,
    linearLayers(question.network).map(() => fraction),
  );
}

/**
 * Fits the largest fraction for values and weights for which nothing overflows, from `max` down to `min`; then lets each
 * layer's weights have more bits, up to `max`, where its own values leave room.
 * @returns what fits; if nothing does, the overflow at the smallest fraction
 */
export function fitLargest(question: Question, min: number, max: number): Fitting | Overflow {
  let answer: Fitting | Overflow | undefined;
  for (let fraction = max; fraction >= min; fraction--) {
    answer = fitFraction(question, fraction);
    if (fits(answer)) return refine(question, answer, max);
  }
  return answer!;
}

/** Gives weights the bits that their layer's bounds leave. */
function refine(question: Question, found: Fitting, max: number): Fitting {
  const limit = limitOf(question.bits);
  const fractions: number[] = [];
  for (const [at, step] of found.steps.entries()) {
    if (step.kind !== 'linear') continue;
    // What follows up to the next shift has the same scale, a pool's sums included.
    let largest = found.magnitudes[at]!;
    for (let next = at + 1; next < found.steps.length; next++) {
      const { kind } = found.steps[next]!;
      if (kind !== 'maxPool' && kind !== 'sumPool') break;
      largest = Math.max(largest, found.magnitudes[next]!);
    }
    const spare = areaBits(Math.min(2 ** 30, Math.max(1, Math.floor(limit / Math.max(1, largest)))));
    fractions.push(Math.min(max, step.fraction + spare));
  }
  const refined = fit(question, found.fraction, fractions);
  if (fits(refined)) return refined;
  // Rounding has used the room up: one bit less is left for each.
  const careful = fit(
    question,
    found.fraction,
    fractions.map((fraction) => Math.max(found.fraction, fraction - 1)),
  );
  return fits(careful) ? careful : found;
}
