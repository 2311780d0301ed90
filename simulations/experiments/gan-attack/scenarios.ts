import type { AggregationMode } from '../../engine/aggregator.ts';
import type { GanAttackSettings, Participants } from './settings.ts';

/** One federation to run: settings that are the same for all of its rounds. */
export interface Scenario {
  readonly participants: Participants;
  /** The class that the adversary targets. */
  readonly target: number;
  /** Share θ_u of the change that each participant uploads. */
  readonly thetaUpload: number;
  /** Privacy budget of each uploaded parameter, ε/c; null: no noise. */
  readonly noise: number | null;
  /** Budget ε of user-level differential privacy over all rounds; null: none. */
  readonly epsilon: number | null;
  readonly aggregation: AggregationMode;
  /** Whether a participant holds images of the target; false is the control. */
  readonly victim: boolean;
  /** Number of the repetition, from 1. */
  readonly repetition: number;
}

/**
 * The classes of each honest participant. In the control no participant holds the target: the victim of two keeps its
 * four other classes; of the ten, the one with that class stays away.
 */
export function honestClasses({ participants, target, victim }: Scenario): readonly (readonly number[])[] {
  const all = participants === 2 ? [[0, 1, 2, 3, 4]] : Array.from({ length: 10 }, (_, k) => [k]);
  if (victim) return all;
  return all.map((classes) => classes.filter((k) => k !== target)).filter((classes) => classes.length > 0);
}

/** The classes of which the adversary itself has images. */
export function adversaryClasses({ participants }: Scenario): readonly number[] {
  return participants === 2 ? [5, 6, 7, 8, 9] : [];
}

/** Federations with a common set-up, whose figures are shown side by side. */
export interface Case {
  readonly participants: Participants;
  readonly thetaUpload: number;
  readonly repetition: number;
  readonly scenarios: readonly Scenario[];
}

/**
 * The federations requested by the settings. Each case has the attack in every requested mode of aggregation; its
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

/** Number and size of a participant's plain SGD steps in a round. */
export interface Steps {
  readonly steps: number;
  readonly learningRate: number;
}

/**
 * All participants train from the same global parameters and their changes are added up, so ten of them with one class
 * each take fewer and shorter steps than two. The adversary takes more steps than the others, since it has two jobs.
 */
export const SCHEDULE: Readonly<Record<Participants, { readonly honest: Steps; readonly adversary: Steps }>> = {
  2: { honest: { steps: 4, learningRate: 0.03 }, adversary: { steps: 6, learningRate: 0.03 } },
  11: { honest: { steps: 2, learningRate: 0.006 }, adversary: { steps: 4, learningRate: 0.006 } },
};
