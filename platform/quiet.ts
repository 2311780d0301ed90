/** At most so much of the time between two looks counts: who did not look does not know what happened meanwhile. */
const MAX_COUNTED_MS = 1000;

/**
 * How long something has shown no sign of life, by looking at it. Counted is only time in which this process ran itself,
 * by a clock that nobody sets: the age of a file says little after a machine has slept, or where two clocks differ.
 */
export class QuietTime {
  #sign: string | undefined;
  #last = 0;
  #quietMs = 0;

  /**
   * One more look.
   * @param sign what differs from look to look while there is life
   * @param now milliseconds of a clock that only goes on
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
