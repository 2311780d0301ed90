// The training engine's hot loops. The host owns memory and counts in 32-bit elements; what each kernel computes, and
// in which order, is documented once in ../kernels.ts. No relaxed SIMD and no fused multiply-add: the bits are the same
// in every engine.
export { correlateTaps, matrixProduct } from './matrix';
export { fold, unfold } from './convolution';
export { add, div, gate, mul, repeat, scale, sub } from './elementwise';
export { addRows, transpose } from './lanes';
export { maxPool } from './pooling';
export { sumColumns, sumRows } from './reduce';
export { convolveTaps, copyRows } from './taps';
export { adam, addScaled, momentum, proximal } from './update';
