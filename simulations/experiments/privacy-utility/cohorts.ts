/** Deviations of a cohort's size that a round's budget has room for: one round in 10^9 would be larger. */
const DEVIATIONS = 6;

/** Members of a round on average. */
export function expectedCohort({ cohort }: { readonly cohort: number }, members: number): number {
  return cohort * members;
}

/** The most members that a round's sum may hold. */
export function largestCohort({ cohort }: { readonly cohort: number }, members: number): number {
  const expected = cohort * members;
  return Math.min(members, Math.ceil(expected + DEVIATIONS * Math.sqrt(expected * (1 - cohort)) + DEVIATIONS));
}
