import type { PrivacyUtilitySettings } from './settings.ts';

/** One training of a run. */
export interface Training {
  /** Its name in rows and files. */
  readonly id: string;
  readonly members: number;
  readonly placement: 'none' | 'central' | 'distributed';
  /** Null without noise. */
  readonly epsilon: number | null;
  /** From 1: trainings of the same number have the same shards, cohorts and shuffles. */
  readonly repeat: number;
}

/** The trainings requested by the settings, in the order in which their rows are recorded. */
export function trainingsOf({ members, placement, epsilon, repeats }: PrivacyUtilitySettings): Training[] {
  return Array.from({ length: repeats }, (_, i) => i + 1).flatMap((repeat) =>
    members.flatMap((n) =>
      placement.flatMap((place) =>
        (place === 'none' ? [null] : epsilon).map((budget): Training => {
          const id = [`n${n}`, place, ...(budget === null ? [] : [`eps${budget}`]), `repeat${repeat}`].join('-');
          return { id, members: n, placement: place, epsilon: budget, repeat };
        }),
      ),
    ),
  );
}
