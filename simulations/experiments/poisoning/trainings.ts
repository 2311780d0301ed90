import type { ATTACKS, PoisoningSettings, RULES } from './settings.ts';

/** A coordinator's defence against attacking members. */
export interface Defence {
  /** Its name in rows and figures. */
  readonly name: string;
  /** `mean`: one sum of the whole cohort. */
  readonly rule: 'mean' | (typeof RULES)[number];
  /** 1 for the mean. */
  readonly groups: number;
  /** Whether a model that is worse on held-out images is rolled back. */
  readonly rollback: boolean;
}

/** One training of a run. */
export interface Training {
  readonly id: string;
  readonly defence: Defence;
  /** `none` without attackers. */
  readonly attack: 'none' | (typeof ATTACKS)[number];
  /** Share of attacking members. */
  readonly attackers: number;
  /** From 1: trainings of the same number have the same shards, attackers, cohorts, groups and shuffles. */
  readonly repeat: number;
}

/** The defences requested by the settings. */
export function defencesOf({ rules, groups, rollback }: PoisoningSettings): Defence[] {
  const mean: Defence = { name: 'mean of all', rule: 'mean', groups: 1, rollback: false };
  const robust = rules.flatMap((rule) =>
    groups.map((count): Defence => ({ name: `${rule} of ${count}`, rule, groups: count, rollback: false })),
  );
  const middle = groups.at(groups.length >> 1);
  const both: Defence[] =
    middle === undefined
      ? []
      : [{ name: `median of ${middle}, rollback`, rule: 'median', groups: middle, rollback: true }];
  const rolling: Defence[] = rollback
    ? [{ name: 'mean of all, rollback', rule: 'mean', groups: 1, rollback: true }, ...both]
    : [];
  return [mean, ...robust, ...rolling];
}

/** The trainings requested by the settings, in the order in which their rows are recorded. */
export function trainingsOf(settings: PoisoningSettings): Training[] {
  const { attackers, attacks, repeats } = settings;
  const situations = attackers.flatMap((share): Pick<Training, 'attack' | 'attackers'>[] =>
    share === 0 ? [{ attack: 'none', attackers: 0 }] : attacks.map((attack) => ({ attack, attackers: share })),
  );
  return Array.from({ length: repeats }, (_, i) => i + 1).flatMap((repeat) =>
    situations.flatMap(({ attack, attackers: share }) =>
      defencesOf(settings).map((defence): Training => {
        const id = `${defence.name.replaceAll(/[ ,]+/g, '-')}-${attack}-${share}-repeat${repeat}`;
        return { id, defence, attack, attackers: share, repeat };
      }),
    ),
  );
}
