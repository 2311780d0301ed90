import type { TimedState } from '../protocol/rounds/index.ts';
import type { Drop } from '../protocol/schemes/secagg/index.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { MemberId } from '../protocol/ids.ts';
import type { RoundPrivacy } from '../protocol/wire/index.ts';
import type { NamedMember } from './member-name.ts';
import type { Evaluation, NoiseCost } from '../learning/index.ts';
import type { Benched } from './rounds/exclusions.ts';

export type { Evaluation } from '../learning/index.ts';

/** The states of a round that take time. */
export type { TimedState };

/** What one state of a round cost. Bytes are those of round messages, without the transport's own. */
export interface StateCost {
  readonly ms: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** How many members were in, state by state; a state that was not reached has none. */
export interface MemberCounts {
  readonly invited: number;
  /** |U1| */
  readonly advertised: number;
  /** |U2| */
  readonly shared: number;
  /** |U3|: whose inputs count. */
  readonly input: number;
  /** |U4|: who signed the survivor set. Missing in curious rounds, which have no such state. */
  readonly consistent?: number;
  /** |U5|: who gave shares. */
  readonly unmasked: number;
}

/** Where a task stands with its privacy, for reports and status pages. */
export interface PrivacyStatus {
  readonly placement: RoundPrivacy['placement'];
  readonly noiseMultiplier: number;
  /** ε so far towards those who see the models, what it may become, and the δ of both. */
  readonly spent: number;
  readonly epsilon: number;
  readonly delta: number;
  /** Rounds that were paid for. */
  readonly rounds: number;
  /**
   * ε so far towards the coordinator and members, who know who took part; there is none once a round's noise was central.
   */
  readonly spentInside?: number;
  /** Probability with which members are drawn for a round. */
  readonly sampling: number;
  /** The clip of the next round. */
  readonly clip: number;
  /** What the noise does to the mean of the next round. */
  readonly noise: NoiseCost;
}

/** One group of an attempt whose cohort was split. */
interface GroupReport {
  readonly invited: number;
  /** Inputs in its sum; 0 where it has none, or where it does not count. */
  readonly included: number;
  /** Why it has no sum, or why its sum does not count. */
  readonly code?: ErrorCode;
}

/** One attempt at a round, for status pages, files and people. It holds nothing about a single member's update. */
export interface RoundReport {
  readonly task: string;
  readonly round: number;
  /** From 1; a round that was abandoned or rolled back is tried again under the same number. */
  readonly attempt: number;
  /**
   * `rolled-back`: there was a new model, but it was worse on held-out data, and the one before stands. `measured`: it was
   * there to measure scales alone, and no update was sent.
   */
  readonly outcome: 'committed' | 'abandoned' | 'rolled-back' | 'measured';
  /** Whether the attempt was there to measure scales alone; missing where it was not. */
  readonly measures?: true;
  /** How often members had been told to train anew from the same model; missing where they had not. */
  readonly repeat?: number;
  /** Steps by which the model had been moved since the last round that committed; missing where there were none. */
  readonly rebases?: number;
  /** Why the round was abandoned or rolled back. */
  readonly code?: ErrorCode;
  readonly message?: string;
  readonly startedAt: string;
  readonly members: MemberCounts;
  readonly drops: readonly Drop[];
  /** Members that are left out of the next attempts, since they spoilt this one. */
  readonly benched?: readonly Benched[];
  /** Members that sat out of this attempt, since they quarrel with one that was invited and nobody can tell who lied. */
  readonly satOut?: readonly MemberId[];
  /** Names of the members whose numbers stand in this report, ascending by number; missing where none has a name. */
  readonly names?: readonly NamedMember[];
  /** Number of inputs in the sum, or in the sums that count. */
  readonly included: number;
  /** Where the cohort was split; all other numbers are of the groups together. */
  readonly groups?: readonly GroupReport[];
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly ms: number;
  readonly states: Readonly<Partial<Record<TimedState, StateCost>>>;
  /** Weighted sums and means that came out of the masked sums; not of abandoned rounds. */
  readonly examples?: number;
  readonly loss?: number;
  readonly accuracy?: number;
  /** Members in the sum whose update was longer than the clip. */
  readonly clipped?: number;
  /** Members in the sum of whom something else was cut: examples, loss, or the change of an untrained tensor. */
  readonly cut?: number;
  /** Estimated error of rounding as a part of the update, both root mean squares over the trained coordinates. */
  readonly rounding?: number;
  /** What the task's rounds have cost, this one included. Only of tasks with noise. */
  readonly privacy?: PrivacyStatus;
  /** SHA-256 of the model that stands after this attempt, in hex. */
  readonly modelHash: string;
  /** Of the new model, also where it was rolled back. */
  readonly evaluation?: Evaluation;
  /** Of the model before, where the new one was held against it. */
  readonly standing?: Evaluation;
}
