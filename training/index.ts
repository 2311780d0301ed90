/**
 * The face `cairn-fl/training`: the training engine: tensors on a tape with gradients of any order, layers, optimisers
 * and the training loop. `cairn-fl/client` has the parts of an app; custom layers need the rest.
 */
export { CairnError, ERROR_CODES, asCairnError, isErrorCode } from '../protocol/errors.ts';
export type { ErrorCode, ErrorCodeInfo, ErrorDetails } from '../protocol/errors.ts';
export * as layers from './layers/index.ts';
export * as operations from './operations/index.ts';
export { bestKernels } from './kernels/index.ts';
export type { KernelKind } from './kernels/index.ts';
export { sequential } from './layers/index.ts';
export type { ForwardMode, Layer, Model } from './layers/index.ts';
export { mnistCnn, mnistMlp } from './models.ts';
export { adam, sgd } from './optimisers/index.ts';
export type { AdamSettings, Optimiser, SgdSettings, UpdateOperands } from './optimisers/index.ts';
export { Random } from './random.ts';
export { evaluate } from './run/evaluate.ts';
export type { EvaluationOptions } from './run/evaluate.ts';
export type { Examples, Scores } from './run/examples.ts';
export { predict } from './run/predict.ts';
export { trainable } from './run/trainable.ts';
export type { ProximalTerm, Trainable } from './run/trainable.ts';
export { trainEpochs } from './run/train.ts';
export type { BatchProgress, TrainingOptions } from './run/train.ts';
export { gradients } from './operations/gradients.ts';
export { Tape, Tensor } from './tape/tape.ts';
export type { Mark, Pullback } from './tape/tape.ts';
export type { Shape } from './tape/shape.ts';
