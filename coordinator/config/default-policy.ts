import type { TaskConfig } from './task.ts';

/** Fewest inputs in a sum that clients accept unless their own policy says otherwise; see client/policy.ts. */
const DEFAULT_MIN_COHORT = 3;

/**
 * Why clients with the default policy take no part in a task, which settings would let them, and what those give up;
 * undefined if they do take part. A client checks the fewest inputs that a sum may have, however many clients there
 * are.
 */
export function refusedByDefault({ name, minCohort, quorum, cohort }: TaskConfig): string | undefined {
  if (minCohort >= DEFAULT_MIN_COHORT) return undefined;
  const head =
    `task "${name}" allows sums of ${minCohort} (minCohort), and clients refuse sums of fewer than ${DEFAULT_MIN_COHORT} ` +
    'unless their policy says otherwise (cohort-too-small)';
  const weaker =
    `or have every client join with --min-cohort ${minCohort} (minCohort in its policy), which gives up that updates are hidden ` +
    'between members: in a sum of two each takes its own away and reads the other’s';
  const larger = Math.max(DEFAULT_MIN_COHORT, quorum);
  const sizes = [
    ...(quorum < DEFAULT_MIN_COHORT ? [`quorum ${larger}`] : []),
    ...(cohort < DEFAULT_MIN_COHORT ? [`cohort ${larger}`] : []),
  ];
  const clients = sizes.length === 0 ? '' : ` with ${sizes.join(' and ')}, which takes ${DEFAULT_MIN_COHORT} clients`;
  return `${head}: set minCohort to ${DEFAULT_MIN_COHORT}${clients}; ${weaker}`;
}
