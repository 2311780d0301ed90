import type { Kernels } from '../kernels/index.ts';

/** Where an update finds its operands on the heap: `size` consecutive elements each. */
export interface UpdateOperands {
  readonly parameters: number;
  readonly gradient: number;
  /** The optimiser's state for these parameters, one range per slot; zeros before the first step. */
  readonly slots: readonly number[];
  readonly size: number;
}

/**
 * A rule that changes parameters by their gradient. It holds settings only; its state is in slots that are passed in.
 */
export interface Optimiser {
  /** How many numbers it keeps per parameter. */
  readonly slots: number;
  /** Changes parameters and slots in place. `step` counts from 1. */
  readonly update: (kernels: Kernels, operands: UpdateOperands, step: number) => void;
}

/** @throws RangeError for a setting outside [least, below) */
export function checkSetting(name: string, value: number, least: number, below: number): void {
  if (!(value >= least && value < below))
    throw new RangeError(`${name}: expected from ${least} to below ${below}, got ${value}`);
}
