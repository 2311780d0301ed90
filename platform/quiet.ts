/** At most this much of the time between two checks counts: between checks, nothing is known. */
const MAX_COUNTED_MS = 1000;

/**
 * How long something has shown no sign of life, by observation. Only time in which this process itself ran counts, by a
 * monotonic clock: the age of a file says little after a machine has slept, or if two clocks differ.
 */
export class QuietTime {
  #sign: string | undefined;
  #last = 0;
  #quietMs = 0;

  /**
   * Checks once more.
   * @param sign a value that changes between checks while there is life
   * @param now milliseconds of a monotonic clock
   * @returns for how many milliseconds the sign has been the same
   */
  look(sign: string, now: number): number {
    const passed = Math.min(now - this.#last, MAX_COUNTED_MS);
    this.#last = now;
    if (sign === this.#sign) this.#quietMs += passed;
    else this.#quietMs = 0;
    this.#sign = sign;
    return this.#quietMs;
  }
}
