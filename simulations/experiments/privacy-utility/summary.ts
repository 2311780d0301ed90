import { groupBy, type Json, type JsonObject } from '../../laboratory/rows.ts';
import type { Results } from '../../laboratory/experiment.ts';
import { roundedMean, significant, sum } from '../../laboratory/statistics.ts';
import { type Accuracies, accuraciesOf } from '../common/charts.ts';
import { SCORES, type ScoreRow } from './series.ts';
import type { PrivacyUtilitySettings } from './settings.ts';

/** The results of a run. */
export type UtilityResults = Results<PrivacyUtilitySettings>;

/** The last evaluations of trainings that differ only by their repeat: means, and the range of accuracies. */
export type Outcome = Accuracies & {
  readonly members: number;
  readonly placement: ScoreRow['placement'];
  readonly epsilon: number | null;
  readonly repeats: number;
  readonly rounds: number;
  readonly noiseMultiplier: number | null;
  readonly spent: number | null;
  readonly spentInside: number | null;
  readonly clip: number;
  /** Rounds without a sum, of one training. */
  readonly failed: number;
  /** Trainings that the budget ended early. */
  readonly stopped: number;
};

/** One outcome for each kind of training, in the order in which they were first recorded. */
export function outcomesOf(results: UtilityResults): Outcome[] {
  const trainings = [...groupBy(results.rows(SCORES), ({ training }) => training).values()];
  const kinds = groupBy(trainings, ([first]) => JSON.stringify([first!.members, first!.placement, first!.epsilon]));
  return [...kinds.values()].map((repeats) => {
    const last = repeats.map((rows) => rows[rows.length - 1]!);
    const { members, placement, epsilon, noiseMultiplier } = last[0]!;
    const known = (of: (row: ScoreRow) => number | null): number | null => {
      const values = last.map(of).filter((value) => value !== null);
      return values.length === 0 ? null : roundedMean(values);
    };
    return {
      members,
      placement,
      epsilon,
      repeats: last.length,
      rounds: roundedMean(last.map(({ round }) => round)),
      ...accuraciesOf(last),
      noiseMultiplier: noiseMultiplier === null ? null : significant(noiseMultiplier),
      spent: known(({ spent }) => spent),
      spentInside: known(({ spentInside }) => spentInside),
      clip: roundedMean(last.map(({ clip }) => clip)),
      failed: roundedMean(repeats.map((rows) => sum(rows.map(({ failed }) => failed)))),
      stopped: last.filter(({ stopped }) => stopped).length,
    };
  });
}

/** The content of summary.json. */
export function summarise(results: UtilityResults): JsonObject {
  const { against, delta, cohort } = results.settings;
  return { against, delta, rate: cohort, outcomes: outcomesOf(results).map((outcome): Json => ({ ...outcome })) };
}
