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
    const samples = this.#samples();
    let sample = samples.next();
    while (sample.done !== true) {
      const prepared = prepare();
      const from = this.#now();
      run(prepared);
      sample = samples.next(this.#now() - from);
    }
    return { name, unit, perSecond: rounded((1000 * amount) / sample.value) };
  }

  /** Units a second of work that answers later. */
  async speedLater(name: string, unit: string, amount: number, run: () => Promise<unknown>): Promise<BlockSpeed> {
    const samples = this.#samples();
    let sample = samples.next();
    while (sample.done !== true) {
      const from = this.#now();
      await run();
      sample = samples.next(this.#now() - from);
    }
    return { name, unit, perSecond: rounded((1000 * amount) / sample.value) };
  }

  /** Asks for the milliseconds of one call after another, and ends with the median of a call. */
  *#samples(): Generator<undefined, number, number> {
    const { repeats, minMs } = this.#effort;
    const means: number[] = [];
    for (let sample = 0; sample <= repeats; sample++) {
      let [calls, ms] = [0, 0];
      do {
        ms += yield undefined;
        calls++;
      } while (ms < minMs);
      if (sample > 0) means.push(ms / calls);
    }
    return median(means);
  }
}

/** Four digits: more than a clock on a shared machine can resolve. */
const rounded = (speed: number): number => Number(speed.toPrecision(4));
