/** The module that a worker thread loads: one function, called by the pool with each task. */
export { computeBatches as default } from './compute.ts';
