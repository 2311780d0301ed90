import type { RoundReport } from '../report.ts';
import type { StrategyName, StrategyState } from '../strategies/index.ts';

/** Where a task stands: enough to go on with the next round after a restart. */
export interface TaskRecord {
  readonly task: string;
  /** The last committed round; 0 before the first. */
  readonly round: number;
  /** SHA-256 of the current model's file, in hex. */
  readonly modelHash: string;
  readonly strategy: StrategyName;
  readonly strategyState: StrategyState;
  /** What its rounds have cost; undefined for a task without noise. */
  readonly privacy?: PrivacyRecord;
}

/** What the rounds of a task with noise have cost, and its clip. Plain numbers, so that every store can keep them. */
export interface PrivacyRecord {
  /** Rényi divergences so far towards those who see the models, one for each of the accountant's orders. */
  readonly divergences: readonly number[];
  /** The same towards those who know who took part; the greatest numbers there are once noise was central. */
  readonly inside: readonly number[];
  /** Rounds paid for. */
  readonly rounds: number;
  /** Clip of the next round. */
  readonly clip: number;
  /** What draws of members have added to δ. */
  readonly defect: number;
}

/**
 * What a coordinator must not forget. Every method either does all of its work or none of it: a coordinator that is
 * killed at any moment starts again with the last record that was saved in full.
 */
export interface Store {
  /** Keeps a model file under its hash. The bytes are the store's until it has done so. @returns SHA-256 in hex */
  putModel(bytes: Uint8Array): Promise<string>;
  /** A model file; undefined where there is none of that hash. @throws CairnError `model-malformed` for a damaged one */
  getModel(hash: string): Promise<Uint8Array | undefined>;
  /** Replaces a task's record. */
  saveTask(record: TaskRecord): Promise<void>;
  /** A task's record; undefined before its first one. @throws CairnError `config-unreadable` for a damaged one */
  loadTask(task: string): Promise<TaskRecord | undefined>;
  /** Adds a report to those of its task. */
  appendRound(report: RoundReport): Promise<void>;
  /** A task's reports in the order in which they came. */
  listRounds(task: string): Promise<readonly RoundReport[]>;
}
