// The mask kernels, compiled by scripts/build.mjs to wasm.generated.ts. The host owns and lays out the memory; see
// ../wasm.ts. Every function has its twin in ../plain.ts, and test/kernels compares them bit for bit.
export { accumulateStream } from './stream';
export { addPacked, pack } from './packing';
