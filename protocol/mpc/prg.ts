import { expectLength } from '../crypto/checks.ts';
import { SIZES } from '../crypto/suite.ts';
import { CairnError } from '../errors.ts';
import { arena } from './kernels/arena.ts';

/** Rounds of the ChaCha stream, as in the default suite of secure aggregation. */
const ROUNDS = 12;

/** Bytes that the kernel expands at once: four blocks. */
const GROUP = 256;

/** The kernels' state of a stream, in bytes; see protocol/kernels/assembly/stream.ts. */
const STREAM = 96;

/** Groups of a stream: its block counter has 32 bits and must not wrap. */
const MAX_GROUPS = 2 ** 30;

/**
 * A pseudorandom generator: ChaCha12 under one key, read from front to back. Both the dealer and the party that holds a
 * seed expand it, so what is drawn depends on the calls alone: each draw begins at a fresh group of four blocks.
 */
export class Prg {
  readonly #key: Uint8Array;
  #group = 0;
  #wiped = false;

  /**
   * @param key 32 bytes, copied
   * @throws CairnError `key-invalid` for another length
   */
  constructor(key: Uint8Array) {
    expectLength('seed', key, SIZES.seed);
    this.#key = key.slice();
  }

  /**
   * The next `count` bytes.
   * @throws CairnError `secret-wiped` after {@link wipe}
   */
  bytes(count: number): Uint8Array {
    if (this.#wiped) throw new CairnError('secret-wiped', 'a seed was used after it had been wiped');
    const groups = Math.ceil(count / GROUP);
    if (this.#group + groups > MAX_GROUPS) throw new CairnError('wire-bounds', 'a seed gives 256 GiB and no more');
    const memory = arena();
    const drawn = memory.scoped(() => {
      const stream = memory.reserve(STREAM);
      const target = memory.reserve(groups * GROUP);
      memory.bytes(stream, SIZES.seed).set(this.#key);
      memory.kernels.prepareStream(stream);
      memory.kernels.addStream(stream, 4 * this.#group, target, groups, ROUNDS);
      return memory.bytes(target, count).slice();
    });
    this.#group += groups;
    return drawn;
  }

  /** The next `count` words of 32 bits, little-endian. */
  words(count: number): Uint32Array {
    return new Uint32Array(this.bytes(4 * count).buffer);
  }

  /** The next `count` words of 64 bits, little-endian. */
  longs(count: number): BigUint64Array {
    return new BigUint64Array(this.bytes(8 * count).buffer);
  }

  /** A generator whose key is the next 32 bytes: independent of all else that is drawn. */
  child(): Prg {
    const key = this.bytes(SIZES.seed);
    const child = new Prg(key);
    key.fill(0);
    return child;
  }

  /** Zeroes the key. Wiping twice is harmless. */
  wipe(): void {
    this.#key.fill(0);
    this.#wiped = true;
  }
}
