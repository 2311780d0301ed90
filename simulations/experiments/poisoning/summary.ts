import type { Results } from '../../laboratory/results.ts';
import type { Json, JsonObject } from '../../laboratory/rows.ts';
import { predictedPoisoned } from './groups.ts';
import { PROOFS, SCORES, type ScoreRow } from './series.ts';
import type { PoisoningSettings } from './settings.ts';

/** The results of a run. */
export type PoisoningResults = Results<PoisoningSettings>;

/** The last looks of trainings that differ by their repeat alone: means, and the range of accuracies. */
export type Outcome = Pick<ScoreRow, 'defence' | 'rule' | 'groups' | 'rollback' | 'attack' | 'attackers'> & {
  readonly repeats: number;
  readonly accuracy: number;
  readonly accuracyLow: number;
  readonly accuracyHigh: number;
  /** Share of groups with an attacker in them: as seen, and as it is on average. */
  readonly poisoned: number;
  readonly predicted: number;
  /** Rounds of one training: with attackers in half of the groups or more, rolled back, and without an update. */
  readonly lost: number;
  readonly rolledBack: number;
  readonly failed: number;
};

// Six digits: enough for every table.
const digits = (value: number): number => Number(value.toPrecision(6));
const mean = (values: readonly number[]): number => digits(values.reduce((a, b) => a + b, 0) / values.length);

/** One outcome for each kind of training, in the order in which they were first recorded. */
export function outcomesOf(results: PoisoningResults): Outcome[] {
  const { members, cohort } = results.settings;
  const last = new Map<string, ScoreRow>();
  for (const row of results.rows(SCORES)) last.set(row.training, row);
  const kinds = new Map<string, ScoreRow[]>();
  for (const row of last.values()) {
    const key = JSON.stringify([row.defence, row.attack, row.attackers]);
    kinds.set(key, [...(kinds.get(key) ?? []), row]);
  }
  return [...kinds.values()].map((rows) => {
    const [{ defence, rule, groups, rollback, attack, attackers }] = rows;
    const accuracies = rows.map(({ accuracy }) => accuracy);
    return {
      ...{ defence, rule, groups, rollback, attack, attackers },
      repeats: rows.length,
      accuracy: mean(accuracies),
      accuracyLow: Math.min(...accuracies),
      accuracyHigh: Math.max(...accuracies),
      poisoned: mean(rows.map(({ poisoned }) => poisoned)),
      predicted: digits(predictedPoisoned(members, { attackers: Math.round(attackers * members), cohort, groups })),
      lost: mean(rows.map(({ lost }) => lost)),
      rolledBack: mean(rows.map(({ rolledBack }) => rolledBack)),
      failed: mean(rows.map(({ failed }) => failed)),
    };
  });
}

/** What summary.json holds. */
export function summarise(results: PoisoningResults): JsonObject {
  const proofs = results.rows(PROOFS);
  return {
    outcomes: outcomesOf(results).map((outcome): Json => ({ ...outcome })),
    sumsCompared: proofs.reduce((sum, { words }) => sum + words, 0),
    sumsDifferent: proofs.reduce((sum, { different }) => sum + different, 0),
  };
}
