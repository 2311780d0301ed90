import type { ServerStateName } from '../../protocol/rounds/index.ts';
import type { CairnError, ErrorCode } from '../../protocol/errors.ts';
import type { NewsState } from '../../protocol/wire/index.ts';
import type { Exposure } from '../config/index.ts';
import type { PrivacyStatus } from '../report.ts';

/** What a task is doing: the state of its round, or what it does between rounds. */
export type TaskState = ServerStateName | 'waiting' | 'paused' | 'finished' | 'failed' | 'stopped';

/** Where a task stands, as its members are told. */
export interface TaskStanding {
  readonly task: string;
  readonly state: NewsState;
  /** The last committed round of which its members have been told, and how many there will be. */
  readonly round: number;
  readonly rounds: number;
  /** How many a round waits for. */
  readonly needed: number;
  readonly modelHash: string;
  /** Why it has failed; undefined in every other state. */
  readonly error: CairnError | undefined;
}

/** Where a task stands, for status pages. */
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
  /** Only of tasks whose cohorts are split: into how many groups, by which rule, and what that exposes. */
  readonly groups?: Exposure & { readonly count: number; readonly rule: string };
  /** How often members were told to train anew from the current model, and steps by which it was moved; missing at 0. */
  readonly repeat?: number;
  readonly rebases?: number;
  /** Members that are missing of a set that can only be asked for as a whole; only while the task waits for them. */
  readonly missing?: number;
  /** Idle members that offer themselves for the task, without those that are benched. */
  readonly idle: number;
  /** Members in the round that is under way. */
  readonly inRound: number;
  /** While a sum is being opened: how many of its masks have been taken out. */
  readonly progress?: { readonly done: number; readonly of: number };
  /** What its rounds have cost; only of tasks with noise. */
  readonly privacy?: PrivacyStatus;
  readonly parameters: number;
  readonly modelHash: string;
  /** Why the task has failed. */
  readonly code?: ErrorCode;
  readonly message?: string;
}
