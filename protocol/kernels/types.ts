import type { ChaChaRounds } from '../crypto/chacha.ts';

/** Which implementation a vector runs on: WebAssembly SIMD, or plain TypeScript. They give the same bits. */
export type KernelName = 'wasm' | 'plain';

/**
 * A vector of 32-bit words under addition mod 2^32, to which inputs and masks are added in place. The protocol's
 * modulus is 2^b with 8 ≤ b ≤ 32; since 2^b divides 2^32, reduction can wait until the vector is read.
 *
 * After {@link MaskVector.wipe} every other method throws CairnError `secret-wiped`.
 */
export interface MaskVector {
  /** Number of words. */
  readonly length: number;
  readonly kernel: KernelName;
  /**
   * Adds `length` words. The result of another vector's {@link MaskVector.words} is added without being copied.
   * @throws CairnError `wire-bounds` for a wrong number of words
   */
  addValues(values: Uint32Array): void;
  /**
   * Adds (sign 1) or subtracts (−1) the ChaCha keystream of a key: word i of the vector gets little-endian word i of
   * the stream (IETF layout, zero nonce, block counter from 0).
   * @param key 32 bytes
   * @throws CairnError `key-invalid` for another length
   */
  addMask(key: Uint8Array, sign: 1 | -1, rounds: ChaChaRounds): void;
  /**
   * Adds a packed vector (see packing.ts). Refused input leaves the vector unchanged.
   * @throws CairnError `wire-bounds` for a wrong length or bits outside [8, 32], `wire-not-canonical` for set pad bits
   */
  addPacked(packed: Uint8Array, bits: number): void;
  /**
   * The words mod 2^bits, packed.
   * @param into where to write them, from byte `offset` (default 0) on; a new array if omitted. This way a message is
   * framed around a vector without copying it.
   * @returns the packed vector: a view into `into` if that is given
   * @throws CairnError `wire-bounds` for bits outside [8, 32], and if `into` is too short
   */
  toPacked(bits: number, into?: Uint8Array, offset?: number): Uint8Array;
  /**
   * The words mod 2^bits.
   * @throws CairnError `wire-bounds` for bits outside [8, 32]
   */
  toValues(bits: number): Uint32Array;
  /**
   * The words mod 2^32 themselves, not a copy: they change with the vector and are zeroed by {@link MaskVector.wipe}.
   * For reading only, and no longer than the vector lives.
   */
  words(): Uint32Array;
  /** Zeroes the vector and ends its use. Wiping twice is harmless. */
  wipe(): void;
}

/** How floats become integers. */
export interface Quantization {
  /** The factor by which a float is multiplied before rounding. Finite. */
  readonly scale: number;
  /** L, an integer from 1 to 2^31 − 1: results lie in [−L, L]. */
  readonly levels: number;
  /** b, 8 to 32: results are taken mod 2^b, in two's complement. */
  readonly bits: number;
  /** 32 bytes of a ChaCha stream whose word i rounds float i. A key rounds one vector; the caller wipes it. */
  readonly key: Uint8Array;
  readonly rounds: ChaChaRounds;
}

/**
 * The random signs of a rotation: bit i of a ChaCha stream, read as a little-endian bit string, negates value i. All
 * clients of a sum use the same; those of a round follow from the hash of its settings (docs/protocol.md, section 7.6).
 */
export interface Signs {
  /** 32 bytes; the caller wipes them if they are secret. */
  readonly key: Uint8Array;
  readonly rounds: ChaChaRounds;
}

/** One transform of 2^log values, as requested from the kernels. */
export interface Transform {
  readonly log: number;
  /** 2^(−log / 2) as a 32-bit float. */
  readonly factor: number;
  readonly signs: Signs | undefined;
  /** Whether factor and signs are applied before the additions, or after them. */
  readonly order: 'signs-first' | 'signs-last';
}
