import type { Participants, Scenario } from './scenario.ts';
import type { GanAttackSettings } from './settings.ts';

/** Federations with one set-up in common, whose figures stand side by side. */
export interface Case {
  readonly participants: Participants;
  readonly thetaUpload: number;
  readonly repetition: number;
  readonly scenarios: readonly Scenario[];
}

/**
 * The federations that settings ask for. Each case has the attack in every mode of aggregation that is asked for; its
 * control, its noisy and its private federations run in the first of these modes.
 */
export function casesOf(settings: GanAttackSettings): Case[] {
  const { participants, thetaUpload, seeds, target, aggregation, control, noise, dp } = settings;
  const budgets = dp === 'user' ? settings.epsilon : [];
  const modes = aggregation === 'both' ? (['plain', 'secure'] as const) : [aggregation];
  const cases: Case[] = [];
  for (let repetition = 1; repetition <= seeds; repetition++)
    for (const n of participants)
      for (const theta of thetaUpload) {
        const common = {
          participants: n,
          thetaUpload: theta,
          target,
          repetition,
          noise: null,
          epsilon: null,
          victim: true,
        };
        const attacks = modes.map((mode) => ({ ...common, aggregation: mode }));
        const scenarios: Scenario[] = [...attacks];
        if (control) scenarios.push({ ...attacks[0]!, victim: false });
        for (const level of noise) scenarios.push({ ...attacks[0]!, noise: level });
        for (const epsilon of budgets) scenarios.push({ ...attacks[0]!, epsilon });
        cases.push({ participants: n, thetaUpload: theta, repetition, scenarios });
      }
  return cases;
}

/** A scenario's name in file names and labels. */
export function nameOf({
  participants,
  thetaUpload,
  noise,
  epsilon,
  aggregation,
  victim,
  repetition,
}: Scenario): string {
  return [
    `p${participants}`,
    `theta${thetaUpload}`,
    aggregation,
    ...(victim ? [] : ['control']),
    ...(noise === null ? [] : [`noise${noise}`]),
    ...(epsilon === null ? [] : [`eps${epsilon}`]),
    `seed${repetition}`,
  ].join('-');
}
