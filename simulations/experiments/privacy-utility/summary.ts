import type { Results } from '../../laboratory/results.ts';
import type { Json, JsonObject } from '../../laboratory/rows.ts';
import { SCORES, type ScoreRow } from './series.ts';
import type { PrivacyUtilitySettings } from './settings.ts';

/** The results of a run. */
export type UtilityResults = Results<PrivacyUtilitySettings>;

/** The last looks of trainings that differ by their repeat alone: means, and the range of accuracies. */
export type Outcome = {
  readonly members: number;
  readonly placement: ScoreRow['placement'];
  readonly epsilon: number | null;
  readonly repeats: number;
  readonly rounds: number;
  readonly accuracy: number;
  readonly accuracyLow: number;
  readonly accuracyHigh: number;
  readonly noiseMultiplier: number | null;
  readonly spent: number | null;
  readonly spentInside: number | null;
  readonly clip: number;
  /** Rounds without a sum, of one training. */
  readonly failed: number;
  /** Trainings that the budget ended early. */
  readonly stopped: number;
};

// Six digits: enough for every table.
const digits = (value: number): number => Number(value.toPrecision(6));
const mean = (values: readonly number[]): number => digits(values.reduce((a, b) => a + b, 0) / values.length);

function grouped<T>(rows: readonly T[], keyOf: (row: T) => string): T[][] {
  const found = new Map<string, T[]>();
  for (const row of rows) {
    const group = found.get(keyOf(row));
    if (group === undefined) found.set(keyOf(row), [row]);
    else group.push(row);
  }
  return [...found.values()];
}

/** One outcome for each kind of training, in the order in which they were first recorded. */
export function outcomesOf(results: UtilityResults): Outcome[] {
  const trainings = grouped(results.rows(SCORES), ({ training }) => training);
  const kinds = grouped(trainings, ([{ members, placement, epsilon }]) =>
    JSON.stringify([members, placement, epsilon]),
  );
  return kinds.map((repeats) => {
    const last = repeats.map((rows) => rows[rows.length - 1]);
    const { members, placement, epsilon, noiseMultiplier } = last[0];
    const accuracies = last.map(({ accuracy }) => accuracy);
    const known = (of: (row: ScoreRow) => number | null): number | null => {
      const values = last.map(of).filter((value) => value !== null);
      return values.length === 0 ? null : mean(values);
    };
    return {
      members,
      placement,
      epsilon,
      repeats: last.length,
      rounds: mean(last.map(({ round }) => round)),
      accuracy: mean(accuracies),
      accuracyLow: Math.min(...accuracies),
      accuracyHigh: Math.max(...accuracies),
      noiseMultiplier: noiseMultiplier === null ? null : digits(noiseMultiplier),
      spent: known(({ spent }) => spent),
      spentInside: known(({ spentInside }) => spentInside),
      clip: mean(last.map(({ clip }) => clip)),
      failed: mean(repeats.map((rows) => rows.reduce((sum, { failed }) => sum + failed, 0))),
      stopped: last.filter(({ stopped }) => stopped).length,
    };
  });
}

/** What summary.json holds. */
export function summarise(results: UtilityResults): JsonObject {
  const { against, delta, cohort } = results.settings;
  return { against, delta, rate: cohort, outcomes: outcomesOf(results).map((outcome): Json => ({ ...outcome })) };
}
