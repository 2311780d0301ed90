/** The hot loops of the protocol: masked vectors, and the packing of their values. */
export { createMaskVector, isCanonicalPacked, packedLength } from './mask-vector.ts';
export type { KernelName, MaskVector } from './mask-vector.ts';
