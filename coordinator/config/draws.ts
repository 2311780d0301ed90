import { drawDefect } from '../../protocol/privacy/index.ts';
import type { CairnError } from '../../protocol/errors.ts';

/** The part of δ that is reserved for draws of too few or too many members. */
export const DRAWN_PART = 0.1;

/** Draws per round of a task that this part must last for. */
export const DRAWS_PER_ROUND = 4;

/** The number of members that a draw may have, and for how many rounds. */
export interface Draws {
  readonly sampling: number;
  readonly delta: number;
  readonly minCohort: number;
  readonly cohort: number;
  readonly rounds: number;
}

/** Whether a task's members are drawn at random, which hides from readers of the model who took part. */
export const drawsMembers = ({ privacy }: { readonly privacy?: { readonly sampling: number } | undefined }): boolean =>
  privacy !== undefined && privacy.sampling < 1;

/** The maximum that one draw may add to δ. */
export const maxDefect = ({ delta, rounds }: Pick<Draws, 'delta' | 'rounds'>): number =>
  (DRAWN_PART * delta) / (DRAWS_PER_ROUND * rounds);

/** Whether draws from so many members hardly ever have fewer than `minCohort` or more than `cohort`. */
export function isDrawable(members: number, draws: Draws): boolean {
  const { sampling, minCohort, cohort } = draws;
  const mean = sampling * members;
  return mean >= minCohort && mean <= cohort && drawDefect(members, sampling, minCohort, cohort) <= maxDefect(draws);
}

/** @throws CairnError made by `refuse`, with settings that would work, if draws from a quorum may not be used */
export function assertDrawable(
  quorum: number,
  draws: Draws,
  refuse: (message: string, hint: string) => CairnError,
): void {
  if (isDrawable(quorum, draws)) return;
  const { sampling, delta, minCohort, cohort } = draws;
  const mean = Math.round(sampling * quorum);
  const most = maxDefect(draws);
  const within = (from: number, step: 1 | -1, defect: (at: number) => number): number => {
    let at = from;
    while (at >= 2 && at <= quorum && defect(at) > most) at += step;
    return at;
  };
  const least = within(mean, -1, (at) => drawDefect(quorum, sampling, at, quorum));
  const greatest = within(mean, 1, (at) => drawDefect(quorum, sampling, 0, at));
  throw refuse(
    `privacy: draws from a quorum of ${quorum} have fewer than ${minCohort} or more than ${cohort} members too often for a delta of ${delta}: a missing result would reveal who was drawn`,
    least < 2
      ? 'raise quorum, sampling or delta: random draws cannot hide so few members'
      : `lower minCohort to ${Math.min(minCohort, least)} and raise cohort to ${Math.max(cohort, Math.min(greatest, quorum))}, or raise quorum or delta`,
  );
}
