import type { RoundReport } from '../report.ts';
import type { Scales, StrategyState } from '../../learning/index.ts';

/** A task's state: enough to continue with the next round after a restart. */
export interface TaskRecord {
  readonly task: string;
  /** The last committed round; 0 before the first. */
  readonly round: number;
  /** SHA-256 of the current model's file, in hex. */
  readonly modelHash: string;
  /** When that round committed, in seconds since 1970 (UTC); undefined before the first, and in older records. */
  readonly date?: number;
  readonly strategy: string;
  readonly strategyState: StrategyState;
  /** What its rounds have cost in privacy; undefined for a task without noise. */
  readonly privacy?: PrivacyRecord;
  /** What members were sent for this model without leading to the next one; undefined if there is nothing. */
  readonly pending?: PendingRecord;
  /** What its rounds are scaled by; undefined before measurement, and in records of earlier versions. */
  readonly scales?: ScalesRecord;
  /** Names of the tensors that are averaged without being trained; undefined if there are none. */
  readonly untrained?: readonly string[];
}

/** What a task's rounds are scaled by, as stored in a record. */
export type ScalesRecord = Scales;

/**
 * What a coordinator must remember about a model for which a sum may have been unmasked. Members that signed or
 * accepted a survivor set take part in no other cohort for these values, so that the same set is asked again, or other
 * members are.
 */
export interface PendingRecord {
  /** Hash of the model that this is about, in hex; it does not apply to any other. */
  readonly modelHash: string;
  /** How often members have been told to retrain from this model. */
  readonly repeat: number;
  /** Steps by which the model was moved since the last committed round. */
  readonly rebases: number;
  /** Survivor sets that were announced for this model. No two have a member in common. */
  readonly sets: readonly AnnouncedSet[];
}

/** A survivor set that was announced to its members. */
export interface AnnouncedSet {
  /** Ids, ascending. */
  readonly members: readonly number[];
  /** Those of them proven to have dealt false shares, ascending: the others continue without them. */
  readonly proven: readonly number[];
  /** The proofs, in hex, as sent to each member of the set. */
  readonly proofs: readonly string[];
  /** It cannot be asked again: its members would have to retrain more often than they may. */
  readonly spent: boolean;
}

/** What the rounds of a task with noise have cost, and its clip. Plain numbers, so that any store can hold them. */
export interface PrivacyRecord {
  /** Rényi divergences so far towards readers of the models, one for each of the accountant's orders. */
  readonly divergences: readonly number[];
  /** The same towards those who know who took part; the largest finite numbers once noise was central. */
  readonly inside: readonly number[];
  /** Rounds charged. */
  readonly rounds: number;
  /** Clip of the next round. */
  readonly clip: number;
  /** What draws of members have added to δ. */
  readonly defect: number;
}

/** A claim on a task; see {@link Store.claim}. */
export interface Lease {
  /** Lets another holder claim the task. May be called twice. */
  release(): Promise<void>;
}

/** Selects some of a task's reports. */
export interface RoundPage {
  /** How many of the oldest to skip: as many as were read before, since reports are only ever added. Default: 0. */
  readonly after?: number;
  /** Maximum number of reports. Default: all that are left. */
  readonly limit?: number;
}

/**
 * What a coordinator must not lose. Every method either does all of its work or none of it: a coordinator that is
 * killed at any moment restarts with the last record that was saved in full.
 */
export interface Store {
  /** Stores a model file under its hash. The bytes must not change until it is done. @returns SHA-256 in hex */
  putModel(bytes: Uint8Array): Promise<string>;
  /** A model file; undefined if there is none with that hash. @throws CairnError `model-malformed` for a damaged one */
  getModel(hash: string): Promise<Uint8Array | undefined>;
  /**
   * Writes a copy of a task's current model for users and other programs, replacing the previous one. Rounds never read
   * it; a store without a place for it lacks this method. The parts remain the caller's.
   */
  publishModel?(task: string, parts: readonly Uint8Array[]): Promise<void>;
  /** Replaces a task's record. */
  saveTask(record: TaskRecord): Promise<void>;
  /** A task's record; undefined before its first one. @throws CairnError `config-unreadable` for a damaged one */
  loadTask(task: string): Promise<TaskRecord | undefined>;
  /** Adds a report to those of its task. */
  appendRound(report: RoundReport): Promise<void>;
  /**
   * A task's reports in the order in which they were added, or a page of them.
   * @throws CairnError `internal` if `after` or `limit` is not a non-negative integer
   */
  listRounds(task: string, page?: RoundPage): Promise<readonly RoundReport[]>;
  /** Names of all tasks that have a record, in ascending order of their UTF-16 code units. */
  listTasks(): Promise<readonly string[]>;
  /**
   * Claims a task for one holder: two coordinators that run the same task would spend its privacy budget twice and
   * replace each other's models. A lease lasts until it is released, the store is closed, or its process has ended.
   * @param holder names the coordinator, in the error that another one gets; a second claim by the same name is
   * refused, too
   * @throws CairnError `task-claimed` if the task has a holder, which the message names
   */
  claim(task: string, holder: string): Promise<Lease>;
  /**
   * Ends all leases, and lets another process open the stored data. No other method may be called after it. May be
   * called twice.
   */
  close(): Promise<void>;
}
