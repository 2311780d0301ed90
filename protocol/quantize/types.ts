import type { UntrainedRange } from '../wire/settings.ts';

/** What one client has to tell after training. */
export interface LocalResult {
  /** New minus old parameters, neither weighed nor clipped; `dimension` values. It is not changed. */
  readonly update: Float32Array;
  /** Number of examples trained on, from 1. */
  readonly examples: number;
  /** Mean loss over them; it may be negative. */
  readonly loss: number;
  /** Share of them that was classified rightly, 0 to 1. */
  readonly accuracy: number;
}

/**
 * How a client's update becomes integers that may be masked and summed. Both sides derive it from the round's settings.
 * The vector has `dimension` model coordinates, followed by `METRIC_COORDINATES` metric coordinates and the peaks.
 */
export interface QuantizationScheme {
  /** Number of model parameters. */
  readonly dimension: number;
  /** Greatest L2 norm of the trained part of one client's update; longer ones are scaled down to it. */
  readonly clip: number;
  /** Bits of one quantized value, sign included: 2 to 31. */
  readonly inputBits: number;
  /** b: sums and masks are taken mod 2^b; 8 to 32. */
  readonly modulusBits: number;
  /** The most clients that one sum may hold. */
  readonly maxCohort: number;
  /** Number of examples from which on a client's weight is 1. */
  readonly maxExamples: number;
  /** Greatest loss that is reported, without its sign; what is beyond counts as this. */
  readonly lossBound: number;
  /** Ranges that are outside of the clip, ascending and apart from each other. Absent: none. */
  readonly untrained?: readonly UntrainedRange[];
  /** Whether vectors have the peaks alone, as in an attempt that only looks for scales. Absent: no. */
  readonly measures?: boolean;
}

/** What of a scheme says how long its vectors are. */
export type VectorShape = Pick<QuantizationScheme, 'dimension' | 'untrained' | 'measures'>;
