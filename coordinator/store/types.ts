import type { RoundReport } from '../report.ts';
import type { Scales, StrategyState } from '../../learning/index.ts';

/** Where a task stands: enough to go on with the next round after a restart. */
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
  /** What its rounds have cost; undefined for a task without noise. */
  readonly privacy?: PrivacyRecord;
  /** What has gone out to members from this model and has not led to the next one; undefined while nothing has. */
  readonly pending?: PendingRecord;
  /** What its rounds are scaled by; undefined before anything is known, and in records of earlier versions. */
  readonly scales?: ScalesRecord;
  /** Names of the tensors that are averaged without being trained; undefined where there are none. */
  readonly untrained?: readonly string[];
}

/** What a task's rounds are scaled by, as a record keeps it. */
export type ScalesRecord = Scales;

/**
 * What a coordinator must not forget of a model from which a sum may have been opened. Members that signed or accepted a
 * survivor set take part in no other cohort from these values, so that it is asked of them again, or of others.
 */
export interface PendingRecord {
  /** The model that this is about, in hex; of another one it says nothing. */
  readonly modelHash: string;
  /** How often members have been told to train anew from this model. */
  readonly repeat: number;
  /** Steps by which the model was moved since the last round that committed. */
  readonly rebases: number;
  /** Survivor sets that were announced from this model. No two have a member in common. */
  readonly sets: readonly AnnouncedSet[];
}

/** A survivor set that was announced to its members. */
export interface AnnouncedSet {
  /** Ids, ascending. */
  readonly members: readonly number[];
  /** Those of them that are proven to have dealt false shares, ascending: the others go on without them. */
  readonly proven: readonly number[];
  /** The proofs, in hex, as each member of the set is to get them. */
  readonly proofs: readonly string[];
  /** It cannot be asked for once more: its members would have to train anew more often than they may. */
  readonly spent: boolean;
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

/** A task that is claimed; see {@link Store.claim}. */
export interface Lease {
  /** Lets another holder claim the task. May be called twice. */
  release(): Promise<void>;
}

/** Which of a task's reports are wanted. */
export interface RoundPage {
  /** How many of the oldest are passed over: as many as were read before, since reports are only ever added. Default: 0. */
  readonly after?: number;
  /** How many there may be at most. Default: all that are left. */
  readonly limit?: number;
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
  /**
   * Writes a copy of a task's current model for people and other programs, in place of the one before. Rounds never read
   * it; a store that has nowhere to put it has no such method. The parts are the caller's.
   */
  publishModel?(task: string, parts: readonly Uint8Array[]): Promise<void>;
  /** Replaces a task's record. */
  saveTask(record: TaskRecord): Promise<void>;
  /** A task's record; undefined before its first one. @throws CairnError `config-unreadable` for a damaged one */
  loadTask(task: string): Promise<TaskRecord | undefined>;
  /** Adds a report to those of its task. */
  appendRound(report: RoundReport): Promise<void>;
  /**
   * A task's reports in the order in which they came, or a page of them.
   * @throws CairnError `internal` if `after` or `limit` is not a non-negative integer
   */
  listRounds(task: string, page?: RoundPage): Promise<readonly RoundReport[]>;
  /** Names of all tasks that have a record, in ascending order of their UTF-16 code units. */
  listTasks(): Promise<readonly string[]>;
  /**
   * Claims a task for one holder: two coordinators that run the same task would spend its privacy budget twice and
   * replace each other's models. A lease lasts until it is released, the store is closed, or its process has ended.
   * @param holder names the coordinator, in the error that another one gets; the same name is refused a second time, too
   * @throws CairnError `task-claimed` if the task has a holder, who is named
   */
  claim(task: string, holder: string): Promise<Lease>;
  /** Ends all leases, and lets another process open what the store is kept in. Nothing may be called after it. May be called twice. */
  close(): Promise<void>;
}
