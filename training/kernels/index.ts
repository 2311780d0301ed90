export { bestKernels, createHeap } from './heap.ts';
export type { Heap, KernelKind } from './heap.ts';
export { matrixScratch } from './kernels.ts';
export type { ConvolutionExtents, Kernels, PoolingExtents } from './kernels.ts';
