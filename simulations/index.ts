/** The laboratory: virtual clients through the same sessions as production, and the experiments that use them. */
export { CairnError, ERROR_CODES, asCairnError, isErrorCode } from '../protocol/errors.ts';
export type { ErrorCode, ErrorCodeInfo, ErrorDetails } from '../protocol/errors.ts';
export { memberId } from '../protocol/ids.ts';
export type { MemberId } from '../protocol/ids.ts';
export type { AdversaryClass, ClientPolicy, MinNoise } from '../protocol/rounds/index.ts';
export { createAggregator } from './engine/aggregator.ts';
export type {
  Aggregation,
  AggregationMode,
  Aggregator,
  AggregatorOptions,
  RoundConditions,
} from './engine/aggregator.ts';
export { federate } from './engine/federation.ts';
export type { FederationOptions, FederationRound } from './engine/federation.ts';
export type { SumPrivacy } from './engine/noisy-rounds.ts';
export { firstMembers, type VirtualMembership, virtualMembership, virtualSettings } from './engine/virtual-task.ts';
export { runVirtualRound } from './engine/round.ts';
export type { NetworkEvents, VirtualRoundOptions, VirtualRoundResult } from './engine/round.ts';
export { EXPERIMENTS } from './experiments/index.ts';
export type { Conclusion } from './laboratory/conclude.ts';
export { defineExperiment } from './laboratory/experiment.ts';
export type { Experiment, Parameters } from './laboratory/experiment.ts';
export type { Laboratory } from './laboratory/experiment.ts';
export type { Progress } from './laboratory/run-config.ts';
export type { Results } from './laboratory/experiment.ts';
export { Series } from './laboratory/series.ts';
export type { Json, JsonObject, Row, Scalar } from './laboratory/series.ts';
export { runExperiment } from './laboratory/run.ts';
export type { RunOptions } from './laboratory/run-config.ts';
export { readSettings } from './laboratory/settings.ts';
export type { Preset, SettingOverrides } from './laboratory/settings.ts';
export { defineWorkerTask } from './laboratory/worker.ts';
export type { WorkerTask } from './laboratory/worker.ts';
export type { Axis, Block, Column, Level, Line, Point, Section } from './report/blocks.ts';
