/** Garbled circuits: the garbler's and the evaluator's halves, each in an offline and an online phase. */
export { type EvaluatorOptions, type EvaluatorState, evaluatorFinish, evaluatorPrepare } from './evaluator.ts';
export { type GarblerOptions, type GarblerState, garble, garblerFinish } from './garbler.ts';
export type { Reveal, Scheme } from './types.ts';
