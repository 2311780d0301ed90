import {
  type ClientPolicy,
  DEFAULT_COLLUDING,
  DEFAULT_MAX_REBASES,
  DEFAULT_MAX_REPEATS,
} from '../protocol/schemes/secagg/index.ts';

/**
 * What a client requires by default.
 *
 * `active`: a client that trains on private data should not depend on the coordinator's honesty. `colluding` 0.2: tasks
 * are sized for a quarter by default, so a client that assumes a fifth finds their rings sound with some margin, and
 * the complete graph’s quorum of two thirds withstands nearly a third whatever is required here. `minCohort` 3: in a
 * sum of two, each can read the other's update. `maxRepeats` and `maxRebases` 2: each further training from one model,
 * and each model that was only moved, gives one more sum of nearly the same updates. `tellReason`: an operator can only
 * fix what it is told about.
 */
export const DEFAULT_POLICY: ClientPolicy = {
  adversary: 'active',
  colluding: DEFAULT_COLLUDING,
  minCohort: 3,
  maxRepeats: DEFAULT_MAX_REPEATS,
  maxRebases: DEFAULT_MAX_REBASES,
  tellReason: true,
};
