import { defineExperiment } from '../../laboratory/experiment.ts';
import { invalid } from '../../laboratory/settings.ts';
import { sum } from '../../laboratory/statistics.ts';
import { isOn, run } from './run.ts';
import { further } from './one-round.ts';
import { checkPoint, costOf, pointsOf, repeatsOf } from './points.ts';
import { type DropoutSettings, paper, parameters, quick } from './settings.ts';
import { report } from './report.ts';
import { oddsPoints } from './odds.ts';
import { measure, summarise } from './results.ts';

/** Concurrent threads on the machine that estimates are for. */
const CORES = 2;

/** Seconds of one member's part in a round of the training: training, masking, summing. */
const TRAINING_SECONDS = 0.03;

/** How dropouts affect rounds of secure aggregation: whether they commit, what they cost, and how a training fares. */
export const dropout = defineExperiment({
  name: 'dropout',
  title: 'Dropout: outcomes, cost and accuracy under client dropout',
  parameters,
  presets: { quick, paper },
  needsMnist: (settings) => isOn(settings, 'churn') && settings.churnRounds > 0,
  estimate(settings) {
    const points = pointsOf(settings);
    const rounds = points.map((point) => costOf(settings, point) * repeatsOf(settings, point));
    const odds = isOn(settings, 'odds')
      ? oddsPoints(settings).map((point) => costOf(settings, point) * settings.oddsRounds)
      : [];
    const training = isOn(settings, 'churn') ? 2 * settings.churnRounds * settings.churnCohort * TRAINING_SECONDS : 0;
    return (
      Math.max(sum(rounds) / CORES, ...rounds.map((seconds, i) => seconds / repeatsOf(settings, points[i]!))) +
      sum(odds) / CORES +
      training
    );
  },
  check(settings) {
    for (const point of pointsOf(settings)) checkPoint(settings, point);
    further(settings.faults);
    checkTraining(settings);
  },
  run,
  summarise,
  measure,
  report,
});

function checkTraining({ churnMembers, churnCohort, churnImages }: DropoutSettings): void {
  if (churnCohort > churnMembers) {
    throw invalid(
      `churnCohort: a round of ${churnCohort} cannot be drawn from ${churnMembers} members`,
      'lower churnCohort or raise churnMembers',
    );
  }
  if (churnImages < churnMembers) {
    throw invalid(
      `churnImages: ${churnImages} images cannot be shared by ${churnMembers} members`,
      'raise churnImages or lower churnMembers',
    );
  }
}
