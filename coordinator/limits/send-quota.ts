import { SIZES } from '../../protocol/crypto/index.ts';
import { HEADER_LENGTH, PART_LENGTH } from '../../protocol/wire/index.ts';
import { Bucket, Buckets } from './bucket.ts';

/** Messages of a round, including the Abort of a member that leaves. */
const MESSAGES = 6;

/** Frames of a message (its head, and its bytes), and those that a connection needs to begin and continue. */
const FRAMES = 2;
const CONNECTION_FRAMES = 8;

/** Bytes of a frame in addition to its message: event name, placeholders, the header of a part. */
const FRAME_BYTES = 256;

/** A Hello has a signature, two strings and up to 64 task names. */
const HELLO = { frames: 16, bytes: 32 * 1024 };

/** The most that a member's connection sends in one round. */
interface RoundAllowance {
  readonly frames: number;
  readonly bytes: number;
}

/**
 * @param largest bytes of the largest message of a round: none of the others is longer
 * @internal Tests compare it with what a round sends, byte by byte.
 */
export function roundAllowance(largest: number): RoundAllowance {
  const parts = Math.ceil(largest / PART_LENGTH);
  const frames = CONNECTION_FRAMES + FRAMES * MESSAGES * parts;
  return { frames, bytes: MESSAGES * largest + frames * (FRAME_BYTES + HEADER_LENGTH + SIZES.signature) };
}

/** One sender's remaining quota, in frames and in bytes. */
export class SendQuota {
  readonly #frames: Bucket;
  readonly #bytes: Bucket;

  constructor(frames: Bucket, bytes: Bucket) {
    this.#frames = frames;
    this.#bytes = bytes;
  }

  /** Charges one frame. @returns whether enough was left */
  pay(bytes: number): boolean {
    return this.#frames.take(1) && this.#bytes.take(bytes);
  }

  /** A round begins: refills the quota for it. */
  fill(): void {
    this.#frames.fill();
    this.#bytes.fill();
  }
}

/** A quota for each identity, which a new connection does not refill. */
export class SendQuotas<Key> {
  readonly #frames: Buckets<Key>;
  readonly #bytes: Buckets<Key>;
  readonly #now: () => number;

  /**
   * @param largest bytes of the largest message of any task
   * @param rounds how many rounds' worth a quota holds; as much is refilled each minute
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

  /** For a connection that has not sent a Hello: enough for that, and no more. */
  unauthenticated(): SendQuota {
    const { frames, bytes } = HELLO;
    return new SendQuota(
      new Bucket({ capacity: frames, perSecond: 0 }, this.#now),
      new Bucket({ capacity: bytes, perSecond: 0 }, this.#now),
    );
  }
}
