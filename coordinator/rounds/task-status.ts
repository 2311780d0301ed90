import type { ServerStateName } from '../../protocol/rounds/index.ts';
import type { CairnError, ErrorCode } from '../../protocol/errors.ts';
import type { NewsState } from '../../protocol/wire/index.ts';
import type { Exposure } from '../config/index.ts';
import type { PrivacyStatus } from '../report.ts';

/** What a task is doing: the state of its round, or what it does between rounds. */
export type TaskState = ServerStateName | 'waiting' | 'paused' | 'finished' | 'failed' | 'stopped';

/** A task's state, as its members are told. */
export interface TaskStanding {
  readonly task: string;
  readonly state: NewsState;
  /** The last committed round that its members have been told of, and how many there will be. */
  readonly round: number;
  readonly rounds: number;
  /** How many members a round waits for. */
  readonly needed: number;
  readonly modelHash: string;
  /** Why it has failed; undefined in every other state. */
  readonly error: CairnError | undefined;
}

/** A task's state, for status pages. */
export interface TaskStatus {
  readonly task: string;
  readonly state: TaskState;
  /** Last committed round, and how many there will be. */
  readonly round: number;
  readonly rounds: number;
  /** Number of the attempt that is under way or comes next. */
  readonly attempt: number;
  readonly adversary: 'active' | 'curious';
  readonly suite: number;
  readonly quorum: number;
  readonly cohort: number;
  /** Only for tasks whose cohorts are split: the number of groups, their rule, and what that exposes. */
  readonly groups?: Exposure & { readonly count: number; readonly rule: string };
  /** How often members were told to train again from the current model, and how often it was moved; omitted at 0. */
  readonly repeat?: number;
  readonly rebases?: number;
  /** Members missing from a set that can only be asked for as a whole; only while the task waits for them. */
  readonly missing?: number;
  /** Idle members that offer themselves for the task, without those that are excluded. */
  readonly idle: number;
  /** Members in the current round. */
  readonly inRound: number;
  /** While a sum is being opened: how many of its masks have been removed. */
  readonly progress?: { readonly done: number; readonly of: number };
  /** What its rounds have cost; only for tasks with noise. */
  readonly privacy?: PrivacyStatus;
  readonly parameters: number;
  readonly modelHash: string;
  /** Why the task has failed. */
  readonly code?: ErrorCode;
  readonly message?: string;
}
