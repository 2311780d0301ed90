/** GMW on rows of bits, and what is built on it: ReLU and shifts of shared words, squares, maxima. */
export { maxDemands, rectifyDemands, type ShiftRange, truncateDemands } from './correlated.ts';
export { gmw, privateInputs } from './gmw.ts';
export { maxOf } from './max.ts';
export { rectify } from './rectify.ts';
export { square } from './square.ts';
export { truncateExactly } from './truncate.ts';
