import type { Section } from '../../laboratory/experiment.ts';
import { sectionsOf } from '../../report/lines.ts';
import { timeBlocks, trafficBlocks } from './report-cost.ts';
import { oddsBlocks } from './report-odds.ts';
import { outcomeCharts, outcomeTable } from './report-outcome.ts';
import { trainingBlocks } from './report-training.ts';
import { byPoint, type DropoutResults } from './summary.ts';

/** What report.html shows. */
export function report(results: DropoutResults): Section[] {
  const points = byPoint(results);
  const some = points.length > 0;
  const charts = outcomeCharts(results, points);
  const table = some ? [outcomeTable(results, points)] : [];
  return sectionsOf({
    'Does the round commit?': charts.length > 0 ? charts : table,
    Time: some ? timeBlocks(results, points) : [],
    Traffic: some ? trafficBlocks(results, points) : [],
    'Failures, predicted and observed': oddsBlocks(results),
    'Training under churn': trainingBlocks(results),
    // A sweep has a row for each of its points: to look up, not to begin with.
    'Every kind of round': charts.length > 0 ? table : [],
  });
}
