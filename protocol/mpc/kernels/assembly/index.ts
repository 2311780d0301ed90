// The kernels of protocol/mpc, compiled by scripts/build.mjs to protocol/mpc/kernels/wasm.generated.ts. The host owns and lays out
// the memory; see ../arena.ts.
export * from './garbling';
export * from './gmw';
export * from './ring';
export * from './slices';
export * from './transfer';
export { addStream, prepareStream } from '../../../kernels/assembly/stream';
