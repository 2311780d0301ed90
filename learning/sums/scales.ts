import type { Peaks } from '../../protocol/quantize/index.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';

/** Within the bounds of its configuration, what a task's rounds are scaled by: the same for all rounds from one model. */
export interface Scales {
  /** The number of examples that has weight 1. */
  readonly maxExamples: number;
  readonly lossBound: number;
  /** Bounds of the untrained tensors, in layout order. */
  readonly untrained: readonly number[];
}

/** The configuration's bounds: no scale is ever beyond them. */
interface Bounds {
  readonly maxExamples: number;
  readonly lossBound: number;
  readonly untrainedBound: number;
}

/** Until anything is known of a task's losses and untrained tensors; they follow the data from the next round on. */
const FIRST_LOSS = 1024;
const FIRST_CHANGE = 1024;

/** How much greater the losses of the next round may be before they are cut, in steps of their ladder of powers of 4. */
const LOSS_HEADROOM = 4;

/**
 * How much finer the scale of an untrained tensor may become from one round to the next. What it moves by next may be no
 * more than the error of this round's rounding, which the greatest change of this round says nothing of.
 */
const FINER = 64;

/** Part of an update that the error of rounding may be before a finer scale is worth a cut in the next round. */
export const COARSE = 0.05;

/** What rounds have while nothing is known; all that they ever have where the task's scales are fixed. */
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

/** The greatest of several sums' peaks. */
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
 * The scales of the next model's rounds. The cap on examples is raised at once, and lowered only where a sum was too coarse
 * and its members had fewer: members change from round to round, and one that has more than the cap is cut. The loss has
 * room to grow; untrained tensors have as much as they moved, and become finer step by step.
 * @param coarse whether rounding took too much of the last sum
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

/** The scales of the rounds that follow a measure: their updates are the measured ones. */
export const measuredScales = (task: Bounds, { examples, loss, untrained }: Peaks): Scales => ({
  maxExamples: Math.min(task.maxExamples, examples),
  lossBound: Math.min(task.lossBound, LOSS_HEADROOM * loss),
  untrained: untrained.map((peak) => Math.min(task.untrainedBound, peak)),
});

/** Scales that were kept, within bounds that may have been lowered since. */
export const withinBounds = (task: Bounds, { maxExamples, lossBound, untrained }: Scales): Scales => ({
  maxExamples: Math.min(task.maxExamples, maxExamples),
  lossBound: Math.min(task.lossBound, lossBound),
  untrained: untrained.map((bound) => Math.min(task.untrainedBound, bound)),
});

/** How a sum's error of rounding compares with the update. */
export interface Resolution {
  /**
   * Root mean square of the error over that of the update, both over the trained coordinates: an estimate, from the step
   * of the grid and the weight of the sum. 0 for an update of zeros, which is exact.
   */
  readonly rounding: number;
  /** Whether that is more than 5 %. */
  readonly coarse: boolean;
}

/** Variance of rounding a number with a random fraction f up or down by chance: the mean of f · (1 − f). */
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
 * The same at best: for members of weight 1 whose updates are as long as the clip.
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
