/** The coordinator: it runs rounds over sockets, keeps models, and shows over HTTP where everything stands. */
export { loadConfig, parseConfig, refusedByDefault } from './config/index.ts';
export type { CoordinatorConfig, TaskConfig } from './config/index.ts';
export { createCoordinator } from './coordinator.ts';
export type { CoordinatorEvents, MemberEvent, ProgressEvent, StateEvent, WaitingEvent } from './events.ts';
export { createLog } from './log.ts';
export type { Log, LogEvent, LogFields, LogLevel } from './log.ts';
export { labelOf, nameText } from './names.ts';
export type { MemberName, NamedMember } from './names.ts';
export type { Coordinator, CoordinatorOptions } from './options.ts';
export type { Evaluation, MemberCounts, RoundReport, StateCost, TimedState } from './report.ts';
export type { Evaluate, InitialModel, TaskState, TaskStatus } from './rounds/index.ts';
export { FileStore, MemoryStore, openStore, storeFolder } from './store/index.ts';
export type { Lease, RoundPage, Store, TaskRecord } from './store/index.ts';
export { STRATEGY_NAMES, createStrategy } from '../learning/strategies/index.ts';
export type { Strategy, StrategyConfig, StrategyName, StrategyState } from '../learning/strategies/index.ts';
