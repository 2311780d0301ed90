// The protocol's kernels, compiled by scripts/build.mjs to wasm.generated.ts. The host owns and lays out the memory; see
// ../wasm/. Every function has its twin in ../plain/, and test/kernels compares them bit for bit.
export { addWords } from './add';
export { hadamard, hadamardStages, scaleAndSign } from './hadamard';
export { addPacked, pack } from './packing';
export { dequantize, quantize } from './quantize';
export { addStream, prepareStream, subtractStream } from './stream';
