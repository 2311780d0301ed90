import { drawDefect } from '../../protocol/privacy/index.ts';
import type { CairnError } from '../../protocol/errors.ts';

/** The part of δ that is kept for draws of too few or too many members. */
export const DRAWN_PART = 0.1;

/** Draws for each round of a task that this part must last for. */
export const DRAWS_PER_ROUND = 4;

/** Between how many members a draw may be used, and for how many rounds. */
export interface Draws {
  readonly sampling: number;
  readonly delta: number;
  readonly minCohort: number;
  readonly cohort: number;
  readonly rounds: number;
}

/** Whether a task's members are drawn by chance, which is to hide who they are from readers of the model. */
export const drawsMembers = ({ privacy }: { readonly privacy?: { readonly sampling: number } | undefined }): boolean =>
  privacy !== undefined && privacy.sampling < 1;

/** The most that one draw may add to δ. */
export const maxDefect = ({ delta, rounds }: Pick<Draws, 'delta' | 'rounds'>): number =>
  (DRAWN_PART * delta) / (DRAWS_PER_ROUND * rounds);

/** Whether draws from so many members hardly ever have fewer than `minCohort` or more than `cohort`. */
export function isDrawable(members: number, draws: Draws): boolean {
  const { sampling, minCohort, cohort } = draws;
  const mean = sampling * members;
  return mean >= minCohort && mean <= cohort && drawDefect(members, sampling, minCohort, cohort) <= maxDefect(draws);
}

/** @throws CairnError made by `refuse`, with what would do, where draws from a quorum may not be used */
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
    `privacy: draws from a quorum of ${quorum} have fewer than ${minCohort} or more than ${cohort} members too often for a delta of ${delta}: that there is no result would tell who was drawn`,
    least < 2
      ? 'raise quorum, sampling or delta: so few members cannot be hidden by chance'
      : `lower minCohort to ${Math.min(minCohort, least)} and raise cohort to ${Math.max(cohort, Math.min(greatest, quorum))}, or raise quorum or delta`,
  );
}
