import { parsePolicy } from '../../../client/consent/parse.ts';
import { jsonTarget } from '../json-target.ts';
import type { Target } from '../target.ts';

/** A client's policy file. */
export const policyTarget: Target = jsonTarget('client-policy', parsePolicy, [
  { adversary: 'active', colluding: 0.2, minCohort: 10 },
  {
    ...{ minThreshold: 5, maxRoundsPerDay: 24, tasks: ['mnist', 'ü'], maxEpsilon: 3 },
    ...{
      minNoise: { placement: 'central', multiplier: 0.7 },
      minCohortDifference: 3,
      tellReason: false,
    },
  },
]);
