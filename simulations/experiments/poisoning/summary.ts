import { groupBy, type Json, type JsonObject, lastOfEach } from '../../laboratory/rows.ts';
import type { Results } from '../../laboratory/experiment.ts';
import { roundedMean, significant, sum } from '../../laboratory/statistics.ts';
import { type Accuracies, accuraciesOf } from '../common/charts.ts';
import { predictedPoisoned } from './groups.ts';
import { PROOFS, SCORES, type ScoreRow } from './series.ts';
import type { PoisoningSettings } from './settings.ts';

/** The results of a run. */
export type PoisoningResults = Results<PoisoningSettings>;

/** The last evaluations of trainings that differ only by their repeat: means, and the range of accuracies. */
export type Outcome = Pick<ScoreRow, 'defence' | 'rule' | 'groups' | 'rollback' | 'attack' | 'attackers'> &
  Accuracies & {
    readonly repeats: number;
    /** Share of groups with an attacker in them: observed, and expected. */
    readonly poisoned: number;
    readonly predicted: number;
    /** Rounds of one training: with attackers in at least half of the groups, rolled back, and without an update. */
    readonly lost: number;
    readonly rolledBack: number;
    readonly failed: number;
  };

/** One outcome for each kind of training, in the order in which they were first recorded. */
export function outcomesOf(results: PoisoningResults): Outcome[] {
  const { members, cohort } = results.settings;
  const last = lastOfEach(results.rows(SCORES), ({ training }) => training);
  const kinds = groupBy(last, (row) => JSON.stringify([row.defence, row.attack, row.attackers]));
  return [...kinds.values()].map((rows) => {
    const { defence, rule, groups, rollback, attack, attackers } = rows[0]!;
    return {
      ...{ defence, rule, groups, rollback, attack, attackers },
      repeats: rows.length,
      ...accuraciesOf(rows),
      poisoned: roundedMean(rows.map(({ poisoned }) => poisoned)),
      predicted: significant(
        predictedPoisoned(members, { attackers: Math.round(attackers * members), cohort, groups }),
      ),
      lost: roundedMean(rows.map(({ lost }) => lost)),
      rolledBack: roundedMean(rows.map(({ rolledBack }) => rolledBack)),
      failed: roundedMean(rows.map(({ failed }) => failed)),
    };
  });
}

/** The content of summary.json. */
export function summarise(results: PoisoningResults): JsonObject {
  const proofs = results.rows(PROOFS);
  return {
    outcomes: outcomesOf(results).map((outcome): Json => ({ ...outcome })),
    sumsCompared: sum(proofs.map(({ words }) => words)),
    sumsDifferent: sum(proofs.map(({ different }) => different)),
  };
}
