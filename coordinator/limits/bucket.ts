/** How much may be used: at once, and in the long run. */
export interface Rate {
  /** What a full bucket holds. */
  readonly capacity: number;
  /** What flows in each second. */
  readonly perSecond: number;
}

/** A token bucket: it is full at first, fills as time passes, and gives what is in it. */
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

  /** Whether nothing has been taken that did not flow in again. */
  get full(): boolean {
    this.#flow();
    return this.#level === this.#rate.capacity;
  }

  /** Takes so much, if it is there; otherwise nothing. @returns whether it was there */
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

/** Kept until the first look for those that are full again. */
const FIRST_SWEEP = 1024;

/** A bucket for each key. One that is full again is forgotten: it is as good as a new one. */
export class Buckets<Key> {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #buckets = new Map<Key, Bucket>();
  #sweepAt = FIRST_SWEEP;

  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
  }

  /** How many are kept. */
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

  /** As often as their number has doubled: a look at each of them costs no more than they cost to come. */
  #sweep(): void {
    for (const [key, bucket] of this.#buckets) if (bucket.full) this.#buckets.delete(key);
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#buckets.size);
  }
}

/** So many a minute, all of them at once if they come so. */
export const perMinute = (count: number): Rate => ({ capacity: count, perSecond: count / 60 });
