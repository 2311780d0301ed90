import type { UntrainedRange } from '../wire/settings.ts';

/** What one client reports after training. */
export interface LocalResult {
  /** New minus old parameters, neither weighted nor clipped; `dimension` values. Not modified. */
  readonly update: Float32Array;
  /** Number of examples trained on, from 1. */
  readonly examples: number;
  /** Mean loss over them; it may be negative. */
  readonly loss: number;
  /** Share of them classified correctly, 0 to 1. */
  readonly accuracy: number;
}

/**
 * How a client's update becomes integers that may be masked and summed. Both sides derive it from the round's settings.
 * The vector has `dimension` model coordinates, followed by `METRIC_COORDINATES` metric coordinates and the peaks.
 */
export interface QuantizationScheme {
  /** Number of model parameters. */
  readonly dimension: number;
  /** Maximum L2 norm of the trained part of one client's update; longer ones are scaled down to it. */
  readonly clip: number;
  /** Bits of one quantized value, sign included: 2 to 31. */
  readonly inputBits: number;
  /** b: sums and masks are taken mod 2^b; 8 to 32. */
  readonly modulusBits: number;
  /** Maximum number of clients in one sum. */
  readonly maxCohort: number;
  /** Number of examples from which a client's weight is 1. */
  readonly maxExamples: number;
  /** Maximum absolute loss that is reported; larger ones count as this. */
  readonly lossBound: number;
  /** Ranges outside the clip, ascending and disjoint. Absent: none. */
  readonly untrained?: readonly UntrainedRange[];
  /** Whether vectors contain only the peaks, as in an attempt that only measures scales. Absent: no. */
  readonly measures?: boolean;
}

/** The part of a scheme that determines the length of its vectors. */
export type VectorShape = Pick<QuantizationScheme, 'dimension' | 'untrained' | 'measures'>;
