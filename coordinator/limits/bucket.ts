/** How much may be used: in a burst, and in the long run. */
export interface Rate {
  /** What a full bucket holds. */
  readonly capacity: number;
  /** What is refilled each second. */
  readonly perSecond: number;
}

/** A token bucket: full at first, refilled over time, and emptied by what is taken. */
export class Bucket {
  readonly #rate: Rate;
  readonly #now: () => number;
  #level: number;
  #at: number;

  /** @param now a clock in milliseconds */
  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
    this.#level = rate.capacity;
    this.#at = now();
  }

  /** Whether everything taken has been refilled. */
  get full(): boolean {
    this.#flow();
    return this.#level === this.#rate.capacity;
  }

  /** Takes this amount if available; otherwise nothing. @returns whether it was available */
  take(amount = 1): boolean {
    this.#flow();
    if (this.#level < amount) return false;
    this.#level -= amount;
    return true;
  }

  fill(): void {
    this.#level = this.#rate.capacity;
    this.#at = this.#now();
  }

  #flow(): void {
    const { capacity, perSecond } = this.#rate;
    const now = this.#now();
    this.#level = Math.min(capacity, this.#level + (perSecond * (now - this.#at)) / 1000);
    this.#at = now;
  }
}

/** Number of buckets at which full ones are first removed. */
const FIRST_SWEEP = 1024;

/** A bucket for each key. One that is full again is dropped: it is the same as a new one. */
export class Buckets<Key> {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #buckets = new Map<Key, Bucket>();
  #sweepAt = FIRST_SWEEP;

  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Number of buckets kept. */
  get size(): number {
    return this.#buckets.size;
  }

  /** The bucket of a key. */
  of(key: Key): Bucket {
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    if (this.#buckets.size >= this.#sweepAt) this.#sweep();
    const bucket = new Bucket(this.#rate, this.#now);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  /** Runs whenever their number has doubled: visiting each costs no more than creating them did. */
  #sweep(): void {
    for (const [key, bucket] of this.#buckets) if (bucket.full) this.#buckets.delete(key);
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#buckets.size);
  }
}

/** That many per minute, possibly all at once. */
export const perMinute = (count: number): Rate => ({ capacity: count, perSecond: count / 60 });
