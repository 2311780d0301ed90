import { CairnError } from '../../protocol/errors.ts';
import type { ConvolutionExtents, Kernels, PoolingExtents } from './kernels.ts';
import { wasmBase64 } from './wasm.generated.ts';

// (func (result v128) i32.const 0 i8x16.splat i8x16.popcnt): valid only if fixed-width SIMD is available.
const simdProbe = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

/** Refuses an engine that does not run WebAssembly with fixed-width SIMD. @throws CairnError `simd-missing` */
export function assertSimd(): void {
  if (typeof WebAssembly === 'object' && WebAssembly.validate(simdProbe)) return;
  throw new CairnError('simd-missing', 'WebAssembly with SIMD is missing');
}

// As the module exports them: extents as separate arguments, flags as numbers.
type Exported = Omit<Kernels, 'matrixProduct' | 'convolveTaps' | 'correlateTaps' | 'unfold' | 'fold' | 'maxPool'> & {
  matrixProduct(...operands: number[]): void;
  convolveTaps(...operands: number[]): void;
  correlateTaps(...operands: number[]): void;
  unfold(...operands: number[]): void;
  fold(...operands: number[]): void;
  maxPool(...operands: number[]): void;
};

let compiled: WebAssembly.Module | undefined;

const taps = (e: ConvolutionExtents): [number, number, number, number, number, number, number, number, number] => [
  e.channels,
  e.height,
  e.width,
  e.kernelHeight,
  e.kernelWidth,
  e.stride,
  e.padding,
  e.outHeight,
  e.outWidth,
];

const windows = (e: PoolingExtents): [number, number, number, number, number, number, number] => [
  e.planes,
  e.height,
  e.width,
  e.size,
  e.stride,
  e.outHeight,
  e.outWidth,
];

/**
 * The kernels as wasm SIMD over `memory`; element i is the four bytes from 4·i. The module is compiled once, and
 * synchronously: it is small, and a worker can compile on its own thread.
 * @throws WebAssembly.CompileError if SIMD is missing; call {@link assertSimd} first
 */
export function wasmKernels(memory: WebAssembly.Memory): Kernels {
  compiled ??= new WebAssembly.Module(bytesFromBase64(wasmBase64));
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  // The module's exports are untyped; assembly/index.ts exports just these.
  const exported = instance.exports as unknown as Exported;
  return {
    ...exported,
    matrixProduct: (m, n, k, a, aRow, aCol, b, bRow, bCol, c, accumulate, rectify, scratch) =>
      exported.matrixProduct(m, n, k, a, aRow, aCol, b, bRow, bCol, c, accumulate ? 1 : 0, rectify ? 1 : 0, scratch),
    convolveTaps: (filters, length, taps, weights, flat, offsets, out, outPlane, bias, rectify, scratch) =>
      exported.convolveTaps(
        filters,
        length,
        taps,
        weights,
        flat,
        offsets,
        out,
        outPlane,
        bias,
        rectify ? 1 : 0,
        scratch,
      ),
    correlateTaps: (taps, filters, length, flat, offsets, y, yPlane, out, accumulate, scratch) =>
      exported.correlateTaps(taps, filters, length, flat, offsets, y, yPlane, out, accumulate ? 1 : 0, scratch),
    unfold: (image, extents, columns) => exported.unfold(image, ...taps(extents), columns),
    fold: (columns, extents, image) => exported.fold(columns, ...taps(extents), image),
    maxPool: (x, extents, out, winners) => exported.maxPool(x, ...windows(extents), out, winners),
  };
}

/**
 * Bytes from standard base64. Browsers, workers and Node all have `atob`; only Node has `Buffer`.
 * @throws DOMException `InvalidCharacterError` for text that is not base64
 */
function bytesFromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
