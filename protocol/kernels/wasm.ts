import type { ChaChaRounds } from '../crypto/chacha.ts';
import { expectLength } from '../crypto/checks.ts';
import { SIZES } from '../crypto/suite.ts';
import { CairnError } from '../errors.ts';
import { expectBits, expectCanonicalPacked, expectVectorLength, packedLength } from './packing.ts';
import type { MaskVector } from './types.ts';
import { wasmBase64 } from './wasm.generated.ts';

// Layout of a vector's memory, in bytes: the key of the mask being added, a scratch area through which packed bytes
// pass in chunks, and the vector, padded to whole groups of the four blocks that the stream kernel takes at once.
const KEY = 0;
const SCRATCH = 64;
const VECTOR = 36_864;
const PAGE = 65_536;
const GROUP_WORDS = 64;

/** Values per chunk: a multiple of eight, so that a chunk is whole bytes, at most 32 KiB of them. */
const CHUNK = 8192;

/** What assembly/index.ts exports. All addresses and counts are non-negative and below 2^31. */
interface Kernels {
  accumulateStream(key: number, target: number, groups: number, rounds: number, subtract: 0 | -1): void;
  addPacked(packed: number, target: number, count: number, bits: number): void;
  pack(source: number, packed: number, count: number, bits: number): void;
}

/** (module (func (result v128) i32.const 0 i8x16.splat)): valid only where SIMD is there. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic and version
  ...[1, 5, 1, 96, 0, 1, 123], // one type: () -> v128
  ...[3, 2, 1, 0], // one function of that type
  ...[10, 8, 1, 6, 0, 65, 0, 253, 15, 11], // i32.const 0, i8x16.splat, end
);

/** Whether this platform runs the wasm kernels. */
export function isWasmSupported(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(SIMD_PROBE);
}

let compiled: WebAssembly.Module | undefined;

/** The module, compiled once. It is under 8 kB, small enough for every browser to compile synchronously. */
function kernelModule(): WebAssembly.Module {
  // atob is in browsers, workers and Node alike; Buffer is not.
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(wasmBase64), (character) => character.charCodeAt(0)));
  return compiled;
}

/** The vector on WebAssembly SIMD, in a memory of its own. */
export class WasmMaskVector implements MaskVector {
  readonly kernel = 'wasm';
  readonly length: number;
  readonly #kernels: Kernels;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  #wiped = false;

  /**
   * @throws CairnError `wire-bounds` for a length outside [0, 2^28]
   * @throws RangeError when the platform has no memory left
   */
  constructor(length: number) {
    expectVectorLength(length);
    this.length = length;
    const capacity = Math.ceil(length / GROUP_WORDS) * GROUP_WORDS * 4;
    const memory = new WebAssembly.Memory({ initial: Math.ceil((VECTOR + capacity) / PAGE) });
    const instance = new WebAssembly.Instance(kernelModule(), { env: { memory } });
    this.#kernels = instance.exports as unknown as Kernels;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer, VECTOR, length);
  }

  addValues(values: Uint32Array): void {
    this.#expectLive();
    if (values.length !== this.length) {
      throw new CairnError('wire-bounds', `values: expected ${this.length} words, got ${values.length}`);
    }
    const words = this.#words;
    for (let i = 0; i < words.length; i++) words[i] = (words[i] + values[i]) | 0;
  }

  addMask(key: Uint8Array, sign: 1 | -1, rounds: ChaChaRounds): void {
    this.#expectLive();
    expectLength('chacha key', key, SIZES.key);
    const groups = Math.ceil(this.length / GROUP_WORDS);
    this.#bytes.set(key, KEY);
    this.#kernels.accumulateStream(KEY, VECTOR, groups, rounds, sign === 1 ? 0 : -1);
    this.#bytes.fill(0, KEY, KEY + SIZES.key);
  }

  addPacked(packed: Uint8Array, bits: number): void {
    this.#expectLive();
    expectCanonicalPacked(packed, this.length, bits);
    for (let start = 0; start < this.length; start += CHUNK) {
      const count = Math.min(CHUNK, this.length - start);
      const offset = (start * bits) / 8;
      this.#bytes.set(packed.subarray(offset, offset + Math.ceil((count * bits) / 8)), SCRATCH);
      this.#kernels.addPacked(SCRATCH, VECTOR + 4 * start, count, bits);
    }
  }

  toPacked(bits: number): Uint8Array {
    this.#expectLive();
    const packed = new Uint8Array(packedLength(this.length, bits));
    for (let start = 0; start < this.length; start += CHUNK) {
      const count = Math.min(CHUNK, this.length - start);
      this.#kernels.pack(VECTOR + 4 * start, SCRATCH, count, bits);
      packed.set(this.#bytes.subarray(SCRATCH, SCRATCH + Math.ceil((count * bits) / 8)), (start * bits) / 8);
    }
    return packed;
  }

  toValues(bits: number): Uint32Array {
    this.#expectLive();
    expectBits(bits);
    const values = this.#words.slice();
    if (bits === 32) return values;
    const mask = 2 ** bits - 1;
    for (let i = 0; i < values.length; i++) values[i] &= mask;
    return values;
  }

  wipe(): void {
    this.#bytes.fill(0);
    this.#wiped = true;
  }

  #expectLive(): void {
    if (this.#wiped) throw new CairnError('secret-wiped', 'a masked vector was used after it had been wiped');
  }
}
