import { byState, type CollectingState } from '../../protocol/rounds/index.ts';
import type { Distribution } from '../faults/distribution.ts';

/** What lies between virtual members and their coordinator. */
export interface Network {
  /** Seconds that a message takes, drawn for each. */
  readonly latency: Distribution;
  /** Seconds within which a lost connection may be replaced before the coordinator counts the member as gone. */
  readonly grace: number;
}

/** A network as members have it at home, and the grace of a coordinator that nobody configured. */
export const DEFAULT_NETWORK: Network = { latency: { lognormal: { median: 0.05, sigma: 0.5 } }, grace: 3 };

/** Seconds after which the coordinator goes on without those who have not answered, for each state. */
export type Deadlines = Readonly<Record<CollectingState, number>>;

/** The deadlines of a coordinator that nobody configured. */
export const DEFAULT_DEADLINES: Deadlines = byState(({ seconds }) => seconds);
