import type { ClientPolicy } from '../protocol/aggregation/client/types.ts';

/**
 * What a client asks for unless it is told otherwise.
 *
 * `active`: who trains on private data should not need the coordinator's honesty. `colluding` 0.2: tasks are sized for a
 * quarter unless they say otherwise, so a client that fears a fifth finds their rings sound with some room, and the
 * complete graph's threshold of two thirds stands up to nearly a third whatever is asked here. `minCohort` 3: in a sum of
 * two, each reads the other's update.
 */
export const DEFAULT_POLICY: ClientPolicy = { adversary: 'active', colluding: 0.2, minCohort: 3 };
