/** Standard deviations of a cohort's size that fit a round's budget: one round in 10^9 would be larger. */
const DEVIATIONS = 6;

/** Average number of members of a round. */
export function expectedCohort({ cohort }: { readonly cohort: number }, members: number): number {
  return cohort * members;
}

/** Maximum number of members in a round's sum. */
export function largestCohort({ cohort }: { readonly cohort: number }, members: number): number {
  const expected = cohort * members;
  return Math.min(members, Math.ceil(expected + DEVIATIONS * Math.sqrt(expected * (1 - cohort)) + DEVIATIONS));
}
