import type { LinearMap } from '../../../protocol/mpc/sharing/linear-map.ts';

/** Maps of many shapes: sizes around those of the kernels' tiles, strides, padding. */
export const MAPS: readonly LinearMap[] = [
  { kind: 'dense', inputs: 1, outputs: 1 },
  { kind: 'dense', inputs: 3, outputs: 7 },
  { kind: 'dense', inputs: 5, outputs: 8 },
  { kind: 'dense', inputs: 17, outputs: 35 },
  { kind: 'dense', inputs: 9, outputs: 70 },
  { kind: 'convolution', channels: 1, height: 5, width: 7, filters: 1, size: 3, stride: 1, padding: 0 },
  { kind: 'convolution', channels: 2, height: 6, width: 5, filters: 5, size: 3, stride: 2, padding: 1 },
  { kind: 'convolution', channels: 3, height: 4, width: 4, filters: 4, size: 2, stride: 2, padding: 0 },
  { kind: 'convolution', channels: 2, height: 5, width: 5, filters: 13, size: 5, stride: 1, padding: 2 },
  { kind: 'convolution', channels: 1, height: 2, width: 2, filters: 2, size: 1, stride: 1, padding: 0 },
];
