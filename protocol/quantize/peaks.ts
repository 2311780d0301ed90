import { lowBits } from '../kernels/index.ts';
import type { LocalResult, QuantizationScheme } from './types.ts';

/*
 * The masked maximum. For each level of a fixed ladder there is one coordinate: a client whose value is above the level
 * puts a uniformly random word into it, any other client zero. The sum of a coordinate is zero if no client is above
 * the level, and otherwise uniform over all words: it tells whether any client is above it, not which or how many. If
 * one is, it is still zero with probability 2^−modulusBits; then the value is taken for a smaller one, in that sum
 * alone.
 *
 * Levels are the same in every round, whatever its settings, so that no series of rounds narrows a value down to less
 * than one step of its ladder.
 */

/** Ascending powers of 2^bits, from exponent `from` to `to`. */
const ladder = (bits: number, from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, k) => 2 ** (bits * (from + k)));

/** Levels of the number of examples: 1, 2, 4 … 2^20. */
const EXAMPLES_LEVELS: readonly number[] = ladder(1, 0, 20);

/** Levels of the absolute loss: 4^−4, 4^−3 … 4^9. */
const LOSS_LEVELS: readonly number[] = ladder(2, -4, 9);

/** Levels of the change of an untrained tensor, its largest absolute value: 4^−8 … 4^11. */
const UNTRAINED_LEVELS: readonly number[] = ladder(2, -8, 11);

/** The part of a scheme that says how many peaks a vector has. */
type Ranges = Pick<QuantizationScheme, 'untrained'>;

/** Number of coordinates that the peaks take, at the end of a vector. */
export const peakCoordinates = ({ untrained = [] }: Ranges): number =>
  EXAMPLES_LEVELS.length + LOSS_LEVELS.length + untrained.length * UNTRAINED_LEVELS.length;

/** What a sum says about the largest value among its members: the lowest level that none of them is above. */
export interface Peaks {
  /** Of the number of examples; Infinity if any member is above the highest level. */
  readonly examples: number;
  /** Of the absolute loss; may also be Infinity. */
  readonly loss: number;
  /** Of the change of each untrained tensor, in the order of the settings; may also be Infinity. */
  readonly untrained: readonly number[];
}

/** The largest absolute value; 0 for none. */
export function greatest(values: Float32Array): number {
  let most = 0;
  for (const value of values) if (Math.abs(value) > most) most = Math.abs(value);
  return most;
}

/**
 * Writes a client's peaks.
 * @param words one random word for each coordinate; only the low bits are used
 * @param into as many words as {@link peakCoordinates} says, all zero
 */
export function writePeaks(
  { untrained = [], modulusBits }: Pick<QuantizationScheme, 'untrained' | 'modulusBits'>,
  { update, examples, loss }: LocalResult,
  words: Uint32Array,
  into: Uint32Array,
): void {
  let at = 0;
  const write = (value: number, levels: readonly number[]): void => {
    for (const level of levels) {
      if (value > level) into[at] = words[at]! & lowBits(modulusBits);
      at++;
    }
  };
  write(examples, EXAMPLES_LEVELS);
  write(Math.abs(loss), LOSS_LEVELS);
  for (const { from, length } of untrained) write(greatest(update.subarray(from, from + length)), UNTRAINED_LEVELS);
}

/** Reads the peaks of a sum. @param words as many as {@link peakCoordinates} says; only their low bits count */
export function readPeaks(
  { untrained = [], modulusBits }: Pick<QuantizationScheme, 'untrained' | 'modulusBits'>,
  words: Uint32Array,
): Peaks {
  let at = 0;
  const read = (levels: readonly number[]): number => {
    let peak = levels[0]!;
    levels.forEach((_, k) => {
      if ((words[at + k]! & lowBits(modulusBits)) !== 0) peak = levels[k + 1] ?? Infinity;
    });
    at += levels.length;
    return peak;
  };
  return {
    examples: read(EXAMPLES_LEVELS),
    loss: read(LOSS_LEVELS),
    untrained: untrained.map(() => read(UNTRAINED_LEVELS)),
  };
}
