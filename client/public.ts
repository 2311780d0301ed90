/** What both entries of the client have in common. */
export { CairnError, ERROR_CODES, asCairnError, isErrorCode } from '../protocol/errors.ts';
export type { ErrorCode, ErrorCodeInfo, ErrorDetails } from '../protocol/errors.ts';
export type { AdversaryClass, ClientPolicy, MinNoise } from '../protocol/rounds/index.ts';
export type { App, Metrics, TrainingContext, TrainingResult } from './app.ts';
export { defineApp } from './define-app.ts';
export { engineApp } from './apps/engine.ts';
export { mnistApp } from './apps/mnist.ts';
export type { MnistAppOptions } from './apps/mnist.ts';
export { parseEngineOptions } from './apps/options.ts';
export type { EngineOptions } from './apps/options.ts';
export type { ConsentMemory } from './consent/memory.ts';
export { parsePolicy } from './consent/parse.ts';
export type { RememberedModel } from './consent/models.ts';
export type { ConsentRecord, OpenedSum, RebasedModel } from './consent/record.ts';
export type { CsvColumn, CsvOptions } from '../training/data/index.ts';
export type { CsvTable } from '../training/data/index.ts';
export { dirichletShards, iidShards, subset } from '../training/data/index.ts';
export type { Dataset } from '../training/data/index.ts';
export type { SeenDirectory, SerialMemory } from './enrolment/serial-memory.ts';
export type { Identity } from './enrolment/identity.ts';
export type { OfRound, ParticipationEvent, ParticipationSummary, RoundEvent, TaskEnd, TaskEvent } from './events.ts';
export type { FinalModel } from './final-model.ts';
export type { JoinOptions, MemberIdentity } from './options.ts';
export type { Participation } from './participation.ts';
export { DEFAULT_POLICY } from './policy.ts';
export { tensorflowApp } from './tensorflow/index.ts';
export type { TensorflowAppOptions, TensorflowData } from './tensorflow/index.ts';
export {
  Random,
  adam,
  evaluate,
  layers,
  mnistCnn,
  mnistMlp,
  predict,
  sequential,
  sgd,
  trainEpochs,
} from '../training/index.ts';
export type {
  AdamSettings,
  BatchProgress,
  EvaluationOptions,
  Examples,
  ForwardMode,
  Layer,
  Model,
  Optimiser,
  Scores,
  SgdSettings,
  Shape,
  TrainingOptions,
} from '../training/index.ts';
