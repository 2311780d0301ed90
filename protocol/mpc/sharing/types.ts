import type { Prg } from '../prg.ts';
import type { LinearMap } from './linear-map.ts';

/** Elements of Z_2^32 or of Z_2^64; those with the highest bit set stand for negative numbers (two's complement). */
export type Words = Uint32Array | BigUint64Array;

/** A linear map together with its weights. */
export interface WeightedMap<W extends Words> {
  readonly map: LinearMap;
  /**
   * See {@link Ring.apply}.
   * @throws CairnError `wire-bounds` for another number of inputs, `secret-wiped` once its weights are wiped
   */
  apply(x: W, batch: number): W;
}

/** Maps whose weights are prepared: see {@link Ring.prepare}. */
export interface PreparedMaps<W extends Words> {
  /** In the order in which they were given. */
  readonly maps: readonly WeightedMap<W>[];
  /** Zeroes all their weights and gives back the memory. Wiping twice is harmless. */
  wipe(): void;
}

/**
 * Arithmetic modulo 2^32 or 2^64 on vectors. Every operation returns a new vector and leaves its operands as they are,
 * unless its name ends in `Into`.
 */
export interface Ring<W extends Words = Words> {
  readonly bits: 32 | 64;
  /** Bytes of one element: 4 or 8. */
  readonly bytes: 4 | 8;
  zeros(count: number): W;
  /** `count` uniform elements. */
  draw(prg: Prg, count: number): W;
  add(a: W, b: W): W;
  subtract(a: W, b: W): W;
  negate(a: W): W;
  /** Element by element. */
  multiply(a: W, b: W): W;
  /** target += a, in place. */
  addInto(target: W, a: W): void;
  /** target −= a, in place. */
  subtractInto(target: W, a: W): void;
  /**
   * The map of `batch` inputs: weights · x, without a bias.
   * @throws CairnError `wire-bounds` if a vector's length does not fit the map
   */
  apply(map: LinearMap, weights: W, x: W, batch: number): W;
  /**
   * Keeps maps and their weights in WebAssembly's memory, for those that apply them to query after query: with a batch of
   * one, copying the weights there takes longer than applying them.
   * @throws CairnError `wire-bounds` if weights do not fit their map
   */
  prepare(layers: readonly { readonly map: LinearMap; readonly weights: W }[]): PreparedMaps<W>;
  /** Shifts each element right by `bits`, as a signed number (copies of the sign come in) or an unsigned one. */
  shiftRight(a: W, bits: number, sign: 'signed' | 'unsigned'): W;
  /** Little-endian bytes, `bytes` for each element: a copy. */
  toBytes(a: W): Uint8Array;
  /** @throws CairnError `wire-bounds` if the bytes are not whole elements */
  fromBytes(bytes: Uint8Array): W;
  /** The signed number that each element stands for, from −2^(bits − 1) to 2^(bits − 1) − 1. */
  toSigned(a: W): BigInt64Array;
  fromSigned(values: BigInt64Array | readonly bigint[]): W;
}
