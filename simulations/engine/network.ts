import { byState, type CollectingState } from '../../protocol/rounds/index.ts';
import type { Distribution } from '../faults/distribution.ts';
import type { FaultKind } from '../faults/script.ts';

/** The network between virtual members and their coordinator. */
export interface Network {
  /** Seconds that a message takes, drawn for each. */
  readonly latency: Distribution;
  /** Seconds within which a lost connection may be replaced before the coordinator counts the member as gone. */
  readonly grace: number;
}

/** A typical home network, and a coordinator's default grace. */
export const DEFAULT_NETWORK: Network = { latency: { lognormal: { median: 0.05, sigma: 0.5 } }, grace: 3 };

/** Seconds after which the coordinator continues without the members that have not answered, for each state. */
export type Deadlines = Readonly<Record<CollectingState, number>>;

/** A coordinator's default deadlines. */
export const DEFAULT_DEADLINES: Deadlines = byState(({ seconds }) => seconds);

/** What the network did. */
export interface NetworkEvents extends Readonly<Record<FaultKind, number>> {
  /** Messages that were in transit when their connection broke. */
  readonly lost: number;
  /** Messages that were resent on a new connection. */
  readonly again: number;
  /** Messages that arrived after one that was sent later. */
  readonly overtaken: number;
}

/** {@link NetworkEvents} while the round runs. */
export type Counts = { -readonly [Key in keyof NetworkEvents]: number };

/** The counts of a round that has not begun. */
export function noCounts(): Counts {
  return {
    drop: 0,
    delay: 0,
    reorder: 0,
    duplicate: 0,
    corrupt: 0,
    flapping: 0,
    partition: 0,
    abandon: 0,
    lost: 0,
    again: 0,
    overtaken: 0,
  };
}
