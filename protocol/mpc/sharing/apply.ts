import type { Arena } from '../kernels/arena.ts';
import type { RingKernels } from '../kernels/ring.ts';
import { convolvedSize, type ConvolutionMap, type LinearMap, mapSizes } from './linear-map.ts';

/** The kernels of linear maps over one ring. */
export interface MapKernels {
  readonly product: RingKernels['ringProduct32'];
  readonly pad: RingKernels['ringPad32'];
  readonly convolve: RingKernels['ringConvolve32'];
}

/** Bytes of a row of a panel; see assembly/ring-product.ts. */
const PANEL = 32;

/**
 * Applies a map to inputs that lie in the arena.
 * @param bytes of one element
 * @param weights their address
 * @param x the address of batch × inputs elements
 * @returns the address of batch × outputs elements, reserved in the caller's scope
 */
export function applyMap(
  memory: Arena,
  kernels: MapKernels,
  bytes: 4 | 8,
  map: LinearMap,
  weights: number,
  x: number,
  batch: number,
): number {
  const target = memory.reserve(bytes * batch * mapSizes(map).outputs);
  if (map.kind === 'convolution') convolve(memory, kernels, bytes, map, weights, x, batch, target);
  else {
    const scratch = memory.reserve(PANEL * (map.inputs + 4));
    kernels.product(target, x, weights, batch, map.inputs, map.outputs, scratch);
  }
  return target;
}

function convolve(
  memory: Arena,
  kernels: MapKernels,
  bytes: 4 | 8,
  map: ConvolutionMap,
  weights: number,
  x: number,
  batch: number,
  target: number,
): void {
  const { channels, height, width, filters, size, stride, padding } = map;
  const { inputs, outputs } = mapSizes(map);
  const [down, across] = convolvedSize(map);
  const [high, wide] = [height + 2 * padding, width + 2 * padding];
  const scratch = memory.reserve(PANEL * (channels * size * size + 4));
  // The margin of the padded image stays zero from one image of the batch to the next.
  const padded = padding === 0 ? 0 : memory.reserve(bytes * channels * high * wide);
  for (let i = 0; i < batch; i++) {
    const image = x + bytes * inputs * i;
    if (padding > 0) kernels.pad(padded, image, channels, height, width, padding);
    const from = padding > 0 ? padded : image;
    const to = target + bytes * outputs * i;
    kernels.convolve(to, weights, from, channels, high, wide, filters, size, stride, down, across, scratch);
  }
}
