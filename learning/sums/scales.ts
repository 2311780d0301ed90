import type { Peaks } from '../../protocol/quantize/index.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';

/**
 * What a task's rounds are scaled by, within the bounds of its configuration: the same for all rounds from one model.
 */
export interface Scales {
  /** The number of examples that has weight 1. */
  readonly maxExamples: number;
  readonly lossBound: number;
  /** Bounds of the untrained tensors, in layout order. */
  readonly untrained: readonly number[];
}

/** The configuration's bounds: no scale ever exceeds them. */
interface Bounds {
  readonly maxExamples: number;
  readonly lossBound: number;
  readonly untrainedBound: number;
}

/** Used until a task's losses and untrained tensors are known; scales follow the data from the next round on. */
const FIRST_LOSS = 1024;
const FIRST_CHANGE = 1024;

/**
 * Factor by which losses may grow in the next round before they are clipped: one step of their ladder of powers of 4.
 */
const LOSS_HEADROOM = 4;

/**
 * Factor by which the scale of an untrained tensor may shrink from one round to the next. Its next change may be no
 * more than this round's rounding error, about which this round's maximum change says nothing.
 */
const FINER = 64;

/** Rounding error, relative to an update, above which a finer scale is worth clipping in the next round. */
export const COARSE = 0.05;

/** The scales of rounds before measurement; if the task's scales are fixed, those of all rounds. */
export function firstScales(task: Bounds & { readonly scales: 'fixed' | 'measured' }, untrained: number): Scales {
  const { maxExamples, lossBound, untrainedBound } = task;
  const fixed = task.scales === 'fixed';
  const bound = fixed ? untrainedBound : Math.min(untrainedBound, FIRST_CHANGE);
  return {
    maxExamples,
    lossBound: fixed ? lossBound : Math.min(lossBound, FIRST_LOSS),
    untrained: Array.from({ length: untrained }, () => bound),
  };
}

/** The highest of several sums' peaks. */
export function highest(peaks: readonly Peaks[]): Peaks | undefined {
  if (peaks.length === 0) return undefined;
  const over = (value: (of: Peaks) => number): number => Math.max(...peaks.map(value));
  return {
    examples: over(({ examples }) => examples),
    loss: over(({ loss }) => loss),
    untrained: peaks[0]!.untrained.map((_, i) => over(({ untrained }) => untrained[i]!)),
  };
}

/**
 * The scales of the next model's rounds. The cap on examples is raised at once, and lowered only if a sum was too
 * coarse and its members had fewer: members change from round to round, and one with more than the cap is clipped. The
 * loss has room to grow; untrained tensors get the range of their last change, and become finer step by step.
 * @param coarse whether the last sum lost too much to rounding
 */
export function scalesAfter(task: Bounds, before: Scales, peaks: Peaks, coarse: boolean): Scales {
  const cap = Math.min(task.maxExamples, peaks.examples);
  return {
    maxExamples: coarse ? cap : Math.max(cap, before.maxExamples),
    lossBound: Math.min(task.lossBound, LOSS_HEADROOM * peaks.loss),
    untrained: peaks.untrained.map((peak, i) =>
      Math.min(task.untrainedBound, Math.max(peak, before.untrained[i]! / FINER)),
    ),
  };
}

/** The scales of the rounds after a measurement: their updates are the measured ones. */
export const measuredScales = (task: Bounds, { examples, loss, untrained }: Peaks): Scales => ({
  maxExamples: Math.min(task.maxExamples, examples),
  lossBound: Math.min(task.lossBound, LOSS_HEADROOM * loss),
  untrained: untrained.map((peak) => Math.min(task.untrainedBound, peak)),
});

/** Saved scales, within bounds that may have been lowered since. */
export const withinBounds = (task: Bounds, { maxExamples, lossBound, untrained }: Scales): Scales => ({
  maxExamples: Math.min(task.maxExamples, maxExamples),
  lossBound: Math.min(task.lossBound, lossBound),
  untrained: untrained.map((bound) => Math.min(task.untrainedBound, bound)),
});

/** How a sum's rounding error compares with the update. */
export interface Resolution {
  /**
   * Root mean square of the error over that of the update, both over the trained coordinates: an estimate, from the step
   * of the grid and the weight of the sum. 0 for an update of zeros, which is exact.
   */
  readonly rounding: number;
  /** Whether that is more than 5 %. */
  readonly coarse: boolean;
}

/** Variance of randomly rounding a number with a random fraction f up or down: the mean of f · (1 − f). */
const VARIANCE = 1 / 6;

/**
 * @param count updates in the sum
 * @param totalWeight of the sum
 * @param rms root mean square of its update
 */
export function resolutionOf(
  { clip, inputBits }: Pick<RoundSettings, 'clip' | 'inputBits'>,
  { count, totalWeight, rms }: { readonly count: number; readonly totalWeight: number; readonly rms: number },
): Resolution {
  const step = clip / (2 ** (inputBits - 1) - 1);
  const rounding = rms === 0 ? 0 : (step * Math.sqrt(count * VARIANCE)) / totalWeight / rms;
  return { rounding, coarse: rounding > COARSE };
}

/**
 * The same in the best case: for members of weight 1 whose updates are as long as the clip.
 * @param dimension number of trained coordinates
 */
export const bestResolution = (
  task: Pick<RoundSettings, 'clip' | 'inputBits' | 'minCohort'>,
  dimension: number,
): Resolution =>
  resolutionOf(task, {
    count: task.minCohort,
    totalWeight: task.minCohort,
    rms: task.clip / Math.sqrt(dimension),
  });
