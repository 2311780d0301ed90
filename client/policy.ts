import {
  type ClientPolicy,
  DEFAULT_COLLUDING,
  DEFAULT_MAX_REBASES,
  DEFAULT_MAX_REPEATS,
} from '../protocol/schemes/secagg/index.ts';

/**
 * What a client asks for unless it is told otherwise.
 *
 * `active`: who trains on private data should not need the coordinator's honesty. `colluding` 0.2: tasks are sized for a
 * quarter unless they say otherwise, so a client that fears a fifth finds their rings sound with some room, and the
 * complete graph’s quorum of two thirds stands up to nearly a third whatever is asked here. `minCohort` 3: in a sum of
 * two, each reads the other's update. `maxRepeats` and `maxRebases` 2: each further training from one model, and each model
 * that was only moved, gives one more sum of nearly the same updates. `tellReason`: an operator can only mend what it is told.
 */
export const DEFAULT_POLICY: ClientPolicy = {
  adversary: 'active',
  colluding: DEFAULT_COLLUDING,
  minCohort: 3,
  maxRepeats: DEFAULT_MAX_REPEATS,
  maxRebases: DEFAULT_MAX_REBASES,
  tellReason: true,
};
