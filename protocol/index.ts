/** What both sides of Cairn must agree on: pure, without input or output, for Node and browsers. */
export * from './crypto/index.ts';
export * from './errors.ts';
export * from './ids.ts';
export * from './kernels/index.ts';
export * from './model/layout.ts';
export * from './model/safetensors.ts';
export * from './model/untrained.ts';
export { printable, printableJson } from './printable.ts';
export * from './privacy/index.ts';
export * from './quantize/index.ts';
export * from './rounds/inputs/index.ts';
export * from './schemes/secagg/index.ts';
export * from './wire/index.ts';
