import { type TimedState, type Drop } from '../protocol/rounds/index.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { MemberId } from '../protocol/ids.ts';
import type { RoundPrivacy } from '../protocol/wire/index.ts';
import type { NamedMember } from './member-name.ts';
import type { Evaluation, NoiseCost } from '../learning/index.ts';
import type { Benched } from './rounds/exclusions.ts';

export type { Evaluation } from '../learning/index.ts';

/** The states of a round that take time. */
export type { TimedState };

/** What one state of a round cost. Bytes are those of round messages, without transport overhead. */
export interface StateCost {
  readonly ms: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** How many members took part, by state; missing for states that were not reached. */
export interface MemberCounts {
  readonly invited: number;
  /** |U1| */
  readonly advertised: number;
  /** |U2| */
  readonly shared: number;
  /** |U3|: members whose inputs count. */
  readonly input: number;
  /** |U4|: members that signed the survivor set. Missing in curious rounds, which have no such state. */
  readonly consistent?: number;
  /** |U5|: members that sent shares. */
  readonly unmasked: number;
}

/** A task's privacy status, for reports and status pages. */
export interface PrivacyStatus {
  readonly placement: RoundPrivacy['placement'];
  readonly noiseMultiplier: number;
  /** ε so far towards readers of the models, its maximum, and the δ of both. */
  readonly spent: number;
  readonly epsilon: number;
  readonly delta: number;
  /** Rounds charged so far. */
  readonly rounds: number;
  /** ε so far towards the coordinator and members, who know who took part; missing once a round's noise was central. */
  readonly spentInside?: number;
  /** Probability with which members are drawn for a round. */
  readonly sampling: number;
  /** The clip of the next round. */
  readonly clip: number;
  /** What the noise does to the mean of the next round. */
  readonly noise: NoiseCost;
}

/** One group of an attempt whose cohort was split. */
export interface GroupReport {
  readonly invited: number;
  /** Inputs in its sum; 0 if it has none, or if its sum does not count. */
  readonly included: number;
  /** Why it has no sum, or why its sum does not count. */
  readonly code?: ErrorCode;
}

/** One attempt at a round, for status pages, files and users. It contains nothing about a single member's update. */
export interface RoundReport {
  readonly task: string;
  readonly round: number;
  /** From 1; a round that was abandoned or rolled back is retried under the same number. */
  readonly attempt: number;
  /**
   * `rolled-back`: there was a new model, but it was worse on held-out data, and the previous one remains. `measured`:
   * it only measured scales, and no update was sent.
   */
  readonly outcome: 'committed' | 'abandoned' | 'rolled-back' | 'measured';
  /** Whether the attempt only measured scales; missing if not. */
  readonly measures?: true;
  /** How often members had been told to retrain from the same model; missing if they had not. */
  readonly repeat?: number;
  /** Steps by which the model had been moved since the last committed round; missing if there were none. */
  readonly rebases?: number;
  /** Why the round was abandoned or rolled back. */
  readonly code?: ErrorCode;
  readonly message?: string;
  readonly startedAt: string;
  readonly members: MemberCounts;
  readonly drops: readonly Drop[];
  /** Members that are excluded from the next attempts because they spoilt this one. */
  readonly benched?: readonly Benched[];
  /**
   * Members left out of this attempt because of a dispute with an invited member, in which it cannot be proven who
   * lied.
   */
  readonly satOut?: readonly MemberId[];
  /** Names of the members whose numbers appear in this report, ascending by number; missing if none has a name. */
  readonly names?: readonly NamedMember[];
  /** Number of inputs in the sum, or in the sums that count. */
  readonly included: number;
  /** Present if the cohort was split; all other numbers are totals over the groups. */
  readonly groups?: readonly GroupReport[];
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly ms: number;
  readonly states: Readonly<Partial<Record<TimedState, StateCost>>>;
  /** Weighted sums and means from the masked sums; missing for abandoned rounds. */
  readonly examples?: number;
  readonly loss?: number;
  readonly accuracy?: number;
  /** Members in the sum whose update was longer than the clip. */
  readonly clipped?: number;
  /** Members in the sum that had another value clipped: examples, loss, or the change of an untrained tensor. */
  readonly cut?: number;
  /** Estimated rounding error relative to the update, both root mean squares over the trained coordinates. */
  readonly rounding?: number;
  /** What the task's rounds have cost, including this one. Only for tasks with noise. */
  readonly privacy?: PrivacyStatus;
  /** SHA-256 of the task's model after this attempt, in hex. */
  readonly modelHash: string;
  /** Of the new model, even if it was rolled back. */
  readonly evaluation?: Evaluation;
  /** Of the previous model, if the new one was compared with it. */
  readonly standing?: Evaluation;
}
