import { CairnError } from '../../errors.ts';
import { wasmBase64 } from '../wasm.generated.ts';

/** What assembly/index.ts exports. All addresses and counts are non-negative and below 2^31. */
export interface Kernels {
  prepareStream(stream: number): void;
  addStream(stream: number, counter: number, target: number, groups: number, rounds: number): void;
  subtractStream(stream: number, counter: number, target: number, groups: number, rounds: number): void;
  addWords(source: number, target: number, count: number): void;
  addPacked(packed: number, target: number, count: number, bits: number): void;
  pack(source: number, packed: number, count: number, bits: number, table: number): void;
  quantize(
    stream: number,
    counter: number,
    random: number,
    data: number,
    count: number,
    rounds: number,
    scale: number,
    bound: number,
    mask: number,
  ): void;
  dequantize(data: number, count: number, unused: number, scale: number): void;
  hadamard(target: number, log: number, signs: number, factor: number): void;
  hadamardStages(target: number, log: number, from: number): void;
  scaleAndSign(target: number, count: number, signs: number, factor: number): void;
}

/** Bytes of a stream in wasm memory: the key, and the state that prepareStream derives from it. */
export const STREAM_BYTES = 96;

/** Words that the stream kernels process at once: four blocks. */
export const GROUP_WORDS = 64;

const PAGE = 65_536;

/** (module (func (result v128) i32.const 0 i8x16.splat)): valid only if SIMD is available. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic and version
  ...[1, 5, 1, 96, 0, 1, 123], // one type: () -> v128
  ...[3, 2, 1, 0], // one function of that type
  ...[10, 8, 1, 6, 0, 65, 0, 253, 15, 11], // i32.const 0, i8x16.splat, end
);

/**
 * Refuses an engine that cannot run the wasm kernels. Tests check them against their twin in TypeScript; it is slower,
 * and a client that fell back to it might miss its rounds' deadlines for no visible reason.
 * @throws CairnError `simd-missing`
 */
export function assertSimd(): void {
  if (typeof WebAssembly === 'object' && WebAssembly.validate(SIMD_PROBE)) return;
  throw new CairnError('simd-missing', 'WebAssembly with SIMD is missing');
}

let compiled: WebAssembly.Module | undefined;

/** The module, compiled once. It is about 10 kB, small enough to be compiled synchronously. */
function kernelModule(): WebAssembly.Module {
  // Browsers, workers and Node all have atob; only Node has Buffer.
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(wasmBase64), (character) => character.charCodeAt(0)));
  return compiled;
}

/**
 * The kernels over a fresh memory of at least `bytes` zero bytes.
 * @throws RangeError when the platform has no memory left
 */
export function instantiate(bytes: number): { readonly kernels: Kernels; readonly buffer: ArrayBuffer } {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  const instance = new WebAssembly.Instance(kernelModule(), { env: { memory } });
  // The module's exports are untyped; assembly/index.ts exports just these.
  return { kernels: instance.exports as unknown as Kernels, buffer: memory.buffer };
}
