/**
 * Private inference: a model's owner answers questions without seeing them, and the asker learns the answer and not the
 * model. A network is read from a model's file, and compiled to a plan that both sides check by its hash.
 */
export { CairnError, ERROR_CODES, asCairnError, isErrorCode } from '../protocol/errors.ts';
export type { ErrorCode, ErrorCodeInfo, ErrorDetails } from '../protocol/errors.ts';
export { argmax, calibrate, countExamples, evaluateFloats } from './network/evaluate.ts';
export { type NamedTensor, NetworkBuilder, type TensorSource, type WindowSettings } from './network/build.ts';
export {
  type LayerDescription,
  type NetworkDescription,
  parseDescription,
  readDescription,
} from './network/description.ts';
export { type OnnxOptions, readOnnx } from './network/onnx/read.ts';
export { buildNetwork, describeNetwork, readNetwork } from './network/read.ts';
export type {
  ElementwiseKind,
  LayerKind,
  LinearLayer,
  Network,
  NetworkLayer,
  NetworkShape,
  PlainLayer,
  PoolKind,
  PoolLayer,
} from './network/types.ts';
export { costOf, type PlanCost } from './plan/cost.ts';
export { compile, type Compiled, type CompileOptions } from './plan/compile.ts';
export { decodePlan, encodePlan } from './plan/encode.ts';
export { assertSamePlan, planHash } from './plan/hash.ts';
export { piecesOf } from './plan/pieces.ts';
export { quantise, type QuantisedLayer } from './plan/quantise.ts';
export { assertSupported, SUPPORT, type Support, systemsFor } from './plan/support.ts';
export { type Scale, type Trace, traceOf, type TracedStep } from './plan/trace.ts';
export { pooledSize, SYSTEMS } from './plan/types.ts';
export { demandsOf, GARBLER, stepDemands } from './plan/demands.ts';
export { ringOf } from '../protocol/mpc/sharing/index.ts';
export { evaluateFixed, type FixedResult, scoresOf } from './plain/evaluate-fixed.ts';
export type * from './plan/types.ts';
