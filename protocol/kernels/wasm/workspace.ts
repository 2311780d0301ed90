import { BLOCK_WORDS } from '../../crypto/chacha.ts';
import { SIZES } from '../../crypto/suite.ts';
import { lowBits } from '../packing.ts';
import { plainTransform } from '../plain/rotation.ts';
import type { KernelName, Quantization, Signs, Transform } from '../types.ts';
import { GROUP_WORDS, STREAM_BYTES, instantiate, assertSimd } from './module.ts';
import type { Kernels } from './module.ts';

// Layout of the memory, in bytes: a stream, one group of its words, the signs of a block, as many zero bytes to use
// when there are none, and the block of data. All but the data is zero between calls.
const STREAM = 0;
const RANDOM = 128;
const SIGNS = 512;
const NO_SIGNS = 8704;
const DATA = 16_896;

/** log2 of the values processed at once: 256 KiB, which stay in the second-level cache. */
const BLOCK_LOG = 16;
const BLOCK = 2 ** BLOCK_LOG;

/** Stages of a transform in one pass over blocks of distant pieces: pieces of 256 values, 1 KiB, or more. */
const FAR_STAGES = 8;

/** log2 of the smallest transform that the kernels' first pass accepts. */
const MIN_LOG = 4;

/** The kernels for typed arrays of any length, which pass block by block through one small memory. */
class Workspace {
  readonly #kernels: Kernels;
  readonly #bytes: Uint8Array;
  readonly #floats: Float32Array;
  readonly #words: Uint32Array;

  constructor() {
    const { kernels, buffer } = instantiate(DATA + 4 * BLOCK);
    this.#kernels = kernels;
    this.#bytes = new Uint8Array(buffer);
    this.#floats = new Float32Array(buffer, DATA, BLOCK);
    this.#words = new Uint32Array(buffer, DATA, BLOCK);
  }

  /** See quantize in ../quantize.ts, which has checked the arguments. */
  quantize(values: Float32Array, into: Uint32Array, quantization: Quantization): void {
    const { scale, levels, bits, key, rounds } = quantization;
    const mask = lowBits(bits);
    this.#startStream(key);
    for (let start = 0; start < values.length; start += BLOCK) {
      const count = Math.min(BLOCK, values.length - start);
      this.#floats.set(count === values.length ? values : values.subarray(start, start + count));
      this.#kernels.quantize(STREAM, start / BLOCK_WORDS, RANDOM, DATA, count, rounds, scale, levels, mask);
      into.set(this.#words.subarray(0, count), start);
    }
    this.#wipe(values.length);
  }

  /** See dequantize in ../quantize.ts, which has checked the arguments. */
  dequantize(words: Uint32Array, into: Float32Array, bits: number, scale: number): void {
    for (let start = 0; start < words.length; start += BLOCK) {
      const count = Math.min(BLOCK, words.length - start);
      this.#words.set(words.subarray(start, start + count));
      this.#kernels.dequantize(DATA, count, 32 - bits, scale);
      into.set(this.#floats.subarray(0, count), start);
    }
    this.#wipe(words.length);
  }

  /** See rotate in ../rotation.ts, which has checked the arguments. */
  transform(values: Float32Array, task: Transform): void {
    if (task.log < MIN_LOG) {
      plainTransform(values, task);
      return;
    }
    const { log, factor, signs, order } = task;
    if (signs !== undefined) this.#startStream(signs.key);
    const near = Math.min(log, BLOCK_LOG);
    const signsFirst = order === 'signs-first';
    this.#eachBlock(values, (count, start) => {
      if (signsFirst) {
        this.#loadSigns(start, count, signs);
        this.#kernels.hadamard(DATA, near, SIGNS, factor);
      } else {
        this.#kernels.hadamard(DATA, near, NO_SIGNS, 1);
        if (log === near) this.#signBlock(start, count, factor, signs);
      }
    });
    for (let stage = near; stage < log; stage += FAR_STAGES) {
      this.#farStages(values, stage, Math.min(FAR_STAGES, log - stage));
    }
    if (!signsFirst && log > near) {
      this.#eachBlock(values, (count, start) => this.#signBlock(start, count, factor, signs));
    }
    this.#wipe(values.length);
  }

  #eachBlock(values: Float32Array, work: (count: number, start: number) => void): void {
    for (let start = 0; start < values.length; start += BLOCK) {
      const count = Math.min(BLOCK, values.length - start);
      this.#floats.set(values.subarray(start, start + count));
      work(count, start);
      values.set(this.#floats.subarray(0, count), start);
    }
  }

  /** Stages `stage` to `stage + stages` − 1, on blocks assembled from pieces 2^stage values apart. */
  #farStages(values: Float32Array, stage: number, stages: number): void {
    const pieces = 2 ** stages;
    const width = BLOCK / pieces;
    const stride = 2 ** stage;
    for (let base = 0; base < values.length; base += pieces * stride) {
      for (let column = base; column < base + stride; column += width) {
        for (let piece = 0; piece < pieces; piece++) {
          const at = column + piece * stride;
          this.#floats.set(values.subarray(at, at + width), piece * width);
        }
        this.#kernels.hadamardStages(DATA, BLOCK_LOG, BLOCK_LOG - stages);
        for (let piece = 0; piece < pieces; piece++) {
          values.set(this.#floats.subarray(piece * width, (piece + 1) * width), column + piece * stride);
        }
      }
    }
  }

  #signBlock(start: number, count: number, factor: number, signs: Signs | undefined): void {
    this.#loadSigns(start, count, signs);
    this.#kernels.scaleAndSign(DATA, count, SIGNS, factor);
  }

  /** Expands the signs of a block to SIGNS; without signs it holds only zeros. */
  #loadSigns(start: number, count: number, signs: Signs | undefined): void {
    if (signs === undefined) return;
    const groups = Math.ceil(count / 32 / GROUP_WORDS);
    this.#bytes.fill(0, SIGNS, SIGNS + 4 * GROUP_WORDS * groups);
    this.#kernels.addStream(STREAM, start / 32 / BLOCK_WORDS, SIGNS, groups, signs.rounds);
  }

  #startStream(key: Uint8Array): void {
    this.#bytes.set(key.subarray(0, SIZES.key), STREAM);
    this.#kernels.prepareStream(STREAM);
  }

  /** Zeroes keys, signs and up to `used` values. */
  #wipe(used: number): void {
    this.#bytes.fill(0, STREAM, STREAM + STREAM_BYTES);
    const groups = Math.ceil(Math.min(used, BLOCK) / GROUP_WORDS);
    this.#bytes.fill(0, SIGNS, DATA + 4 * GROUP_WORDS * groups);
  }
}

let shared: Workspace | undefined;

/**
 * The one workspace of this thread; undefined if plain TypeScript is to be used: on request, or while the engine has no
 * memory left and wasm was not requested by name.
 * @throws CairnError `simd-missing`
 * @throws RangeError if wasm was requested and the platform has no memory left
 */
export function wasmWorkspace(kernel?: KernelName): Workspace | undefined {
  if (kernel === 'plain') return undefined;
  assertSimd();
  try {
    shared ??= new Workspace();
  } catch (error) {
    if (kernel === 'wasm' || !(error instanceof RangeError)) throw error;
  }
  return shared;
}
