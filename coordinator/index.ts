/** The coordinator: it runs rounds over sockets, keeps models, and serves its status over HTTP. */
export { CairnError, ERROR_CODES, asCairnError, isErrorCode } from '../protocol/errors.ts';
export type { ErrorCode, ErrorCodeInfo, ErrorDetails } from '../protocol/errors.ts';
export type { AdversaryClass, ClientPolicy, Drop, MinNoise } from '../protocol/rounds/index.ts';
export { defineConfig } from './config/define.ts';
export type { ConfigInput, GroupsInput, StrategyInput, TaskInput } from './config/define.ts';
export { loadConfig, parseConfig, refusedByDefault } from './config/index.ts';
export type { CoordinatorConfig, TaskConfig } from './config/index.ts';
export { createCoordinator } from './coordinator.ts';
export type { CoordinatorEvents, MemberEvent, ProgressEvent, StateEvent, WaitingEvent } from './events.ts';
export { createLog } from './log.ts';
export type { Log, LogEvent, LogFields, LogLevel } from './log.ts';
export { labelOf, nameText } from './member-name.ts';
export type { MemberName, NamedMember } from './member-name.ts';
export type { Coordinator, CoordinatorOptions } from './options.ts';
export type { Evaluation, GroupReport, MemberCounts, RoundReport, StateCost, TimedState } from './report.ts';
export type { Benched, Evaluate, InitialModel, TaskState, TaskStatus } from './rounds/index.ts';
export { FileStore, MemoryStore, openStore, storeFolder } from './store/index.ts';
export type { Lease, RoundPage, Store, TaskRecord } from './store/index.ts';
export { byCoordinate, createStrategy, defineGroupRule, defineStrategy, STRATEGIES } from '../learning/index.ts';
export type {
  Combination,
  CoordinateRange,
  GroupRule,
  GroupRuleConfig,
  GroupRuleDefinition,
} from '../learning/index.ts';
export type {
  OwnLearning,
  Strategy,
  StrategyConfig,
  StrategyDefinition,
  StrategyState,
  StrategyStep,
} from '../learning/index.ts';
