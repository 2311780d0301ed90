import { parsePolicy } from '../../../client/consent/parse.ts';
import { jsonTarget } from '../json-target.ts';
import type { Target } from '../target.ts';

/** A client's policy file. */
export const policyTarget: Target = jsonTarget('client-policy', parsePolicy, [
  { adversary: 'active', colluding: 0.2, minCohort: 10 },
  {
    ...{ leastThreshold: 5, mostRoundsPerDay: 24, tasks: ['mnist', 'ü'], mostEpsilon: 3 },
    ...{
      leastNoise: { placement: 'central', multiplier: 0.7 },
      repeatDifference: 2,
      leastDifference: 3,
      tellReason: false,
    },
  },
]);
