import type { BlockSpeed } from '../schema.ts';
import { median } from '../support/statistics.ts';

/** How long is measured. */
export interface Effort {
  /** Samples, of which the median counts. */
  readonly repeats: number;
  /** Milliseconds of a sample: what is quicker is done again and again. */
  readonly minMs: number;
}

/** What is measured. */
export interface Work<T> {
  readonly name: string;
  readonly unit: string;
  /** Units in one call of `run`. */
  readonly amount: number;
  /** Makes what one call uses up; not measured. */
  readonly prepare: () => T;
  readonly run: (prepared: T) => void;
}

/** Measures speeds: the median over samples, after one that is not counted. */
export class Meter {
  readonly #effort: Effort;
  readonly #now: () => number;

  /** @param now the clock, in milliseconds */
  constructor(effort: Effort, now = (): number => performance.now()) {
    this.#effort = effort;
    this.#now = now;
  }

  /** Units a second of work that uses nothing up. */
  speed(name: string, unit: string, amount: number, run: () => void): BlockSpeed {
    return this.speedOf({ name, unit, amount, prepare: () => undefined, run });
  }

  /** Units a second. */
  speedOf<T>({ name, unit, amount, prepare, run }: Work<T>): BlockSpeed {
    const sample = (): number => {
      let [calls, ms] = [0, 0];
      do {
        const prepared = prepare();
        const from = this.#now();
        run(prepared);
        ms += this.#now() - from;
        calls++;
      } while (ms < this.#effort.minMs);
      return ms / calls;
    };
    sample();
    const ms = median(Array.from({ length: this.#effort.repeats }, sample));
    return { name, unit, perSecond: roundedSpeed((1000 * amount) / ms) };
  }
}

/** Four digits: more than a clock on a shared machine can resolve. */
const roundedSpeed = (speed: number): number => Number(speed.toPrecision(4));
