import { CairnError } from '../protocol/errors.ts';
import type { DecodedSum } from '../protocol/quantize/index.ts';
import type { CoordinateRange } from './rules/index.ts';
import type { Strategy, StrategyState } from './strategies/index.ts';

/** Coordinates that are processed without a pause: two or three milliseconds, whatever the strategy. */
const PART = 2 ** 16;

/** Coordinates of a part if each combines this many sums: their values are sorted, or added up. */
export const partOf = (sums: number): number => Math.ceil(PART / sums);

/** The model that a round started from, and how the next one is made. */
export interface ModelUpdate {
  /** Name of the next model in errors. */
  readonly name: string;
  readonly strategy: Strategy;
  /** Parameters in layout order; not changed. */
  readonly flat: Float32Array;
  readonly state: StrategyState;
  /** Receives the next model's parameters: as long as `flat`, and separate memory. */
  readonly into: Float32Array;
  /** Coordinates that are averaged directly, whatever the strategy does with the others; ascending. Absent: none. */
  readonly untrained?: readonly CoordinateRange[];
}

/** The next model. */
export class NextModel {
  /** The strategy's state; complete when all steps are done. */
  readonly state: Record<string, Float32Array> = {};
  readonly #update: ModelUpdate;
  readonly #sum: DecodedSum;
  /** Sum of squares of the update over the trained coordinates. */
  #squares = 0;

  /** @param sum - the weighted mean of the clients' updates */
  constructor(update: ModelUpdate, sum: DecodedSum) {
    this.#update = update;
    this.#sum = sum;
  }

  /** Its values, complete when all steps are done: the array `into`. */
  get flat(): Float32Array {
    return this.#update.into;
  }

  /** Root mean square of the update over the trained coordinates; known when all steps are done. */
  get rms(): number {
    const { flat, untrained = [] } = this.#update;
    const trained = flat.length - untrained.reduce((sum, { length }) => sum + length, 0);
    return trained === 0 ? 0 : Math.sqrt(this.#squares / trained);
  }

  /**
   * Dequantizes the update, applies the strategy and checks for values that are not finite, part by part.
   * @param part - coordinates of a part
   * @throws CairnError `update-not-finite` if the model would diverge; `update-shape` for a strategy that returns
   * vectors of a different length
   */
  *steps(part: number = PART): Generator<number, void> {
    const { name, strategy, flat, state, into, untrained = [] } = this.#update;
    for (let from = 0; from < flat.length; from += part) {
      const to = Math.min(flat.length, from + part);
      const update = new Float32Array(to - from);
      this.#sum.update(from, update);
      const aside = untrained.flatMap(({ from: begin, length }) => {
        const [at, end] = [Math.max(from, begin) - from, Math.min(to, begin + length) - from];
        return at < end ? [{ at, values: update.slice(at, end) }] : [];
      });
      // The strategy sees them as unchanged: it would treat their change as a gradient.
      for (const { at, values } of aside) update.fill(0, at, at + values.length);
      for (const value of update) this.#squares += value * value;
      const before = Object.fromEntries(Object.entries(state).map(([key, all]) => [key, all.subarray(from, to)]));
      const step = strategy.apply(flat.subarray(from, to), update, before);
      for (const { at, values } of aside)
        step.model.set(
          values.map((value, i) => flat[from + at + i]! + value),
          at,
        );
      if (!allFinite(step.model)) {
        throw new CairnError(
          'update-not-finite',
          `${name} holds NaN or an infinite value, as strategy "${strategy.name}" makes it`,
          {
            hint: 'the model before it is kept; lower the learning rate of the strategy or the clients, or correct the strategy',
          },
        );
      }
      into.set(step.model, from);
      for (const [key, values] of Object.entries(step.state)) {
        (this.state[key] ??= new Float32Array(flat.length)).set(values, from);
      }
      yield to;
    }
  }
}

/** Whether all values are finite. A plain loop: a callback for each of ten million values takes 100 ms. */
export function allFinite(values: Float32Array): boolean {
  for (const value of values) if (!Number.isFinite(value)) return false;
  return true;
}
