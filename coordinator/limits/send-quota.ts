import { SIZES } from '../../protocol/crypto/index.ts';
import { HEADER_LENGTH, PART_LENGTH } from '../../protocol/wire/index.ts';
import { Bucket, Buckets } from './bucket.ts';

/** Messages of a round, the Abort of one that leaves among them. */
const MESSAGES = 6;

/** Frames of a message (its head, and its bytes), and those that a connection begins and goes on with. */
const FRAMES = 2;
const CONNECTION_FRAMES = 8;

/** Bytes that a frame has beside those of its message: event name, placeholders, the header of a part. */
const FRAME_BYTES = 256;

/** A Hello has a signature, two texts and up to 64 names of tasks. */
const HELLO = { frames: 16, bytes: 32 * 1024 };

/** What one round asks of a member's connection at most. */
interface RoundAllowance {
  readonly frames: number;
  readonly bytes: number;
}

/**
 * @param largest bytes of the largest message of a round: none of the others is longer
 * @internal Tests hold it against what a round sends, byte by byte.
 */
export function roundAllowance(largest: number): RoundAllowance {
  const parts = Math.ceil(largest / PART_LENGTH);
  const frames = CONNECTION_FRAMES + FRAMES * MESSAGES * parts;
  return { frames, bytes: MESSAGES * largest + frames * (FRAME_BYTES + HEADER_LENGTH + SIZES.signature) };
}

/** What is left to one sender, in frames and in bytes. */
export class SendQuota {
  readonly #frames: Bucket;
  readonly #bytes: Bucket;

  constructor(frames: Bucket, bytes: Bucket) {
    this.#frames = frames;
    this.#bytes = bytes;
  }

  /** Pays for one frame. @returns whether there was enough left */
  pay(bytes: number): boolean {
    return this.#frames.take(1) && this.#bytes.take(bytes);
  }

  /** A round begins: what it asks for can be paid. */
  fill(): void {
    this.#frames.fill();
    this.#bytes.fill();
  }
}

/** A purse for each identity, which a new connection does not fill again. */
export class SendQuotas<Key> {
  readonly #frames: Buckets<Key>;
  readonly #bytes: Buckets<Key>;
  readonly #now: () => number;

  /**
   * @param largest bytes of the largest message of any task
   * @param rounds how many rounds' worth there is in a purse; as much flows in each minute
   */
  constructor(largest: number, rounds: number, now: () => number) {
    const { frames, bytes } = roundAllowance(largest);
    this.#frames = new Buckets({ capacity: rounds * frames, perSecond: (rounds * frames) / 60 }, now);
    this.#bytes = new Buckets({ capacity: rounds * bytes, perSecond: (rounds * bytes) / 60 }, now);
    this.#now = now;
  }

  of(key: Key): SendQuota {
    return new SendQuota(this.#frames.of(key), this.#bytes.of(key));
  }

  /** For a connection that has not said Hello: enough for that, and no more. */
  stranger(): SendQuota {
    const { frames, bytes } = HELLO;
    return new SendQuota(
      new Bucket({ capacity: frames, perSecond: 0 }, this.#now),
      new Bucket({ capacity: bytes, perSecond: 0 }, this.#now),
    );
  }
}
