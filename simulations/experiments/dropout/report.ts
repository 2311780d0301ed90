import type { Block, Line, Section } from '../../report/blocks.ts';
import { groupBy } from '../../laboratory/rows.ts';
import { sectionsOf } from '../common/charts.ts';
import { hasFurtherFaults } from './one-round.ts';
import { timeBlocks, trafficBlocks } from './report-cost.ts';
import { byPoint, type DropoutResults, ODDS, type OddsRow, pointSummary, type RoundRow, TRAINING } from './results.ts';

const UNPREDICTED =
  'Further faults were run in addition to the dropouts. There is no prediction, since it only covers dropouts.';

/** Every kind of round, one row each. */
function outcomeTable({ settings }: DropoutResults, points: readonly (readonly RoundRow[])[]): Block {
  return {
    kind: 'table',
    caption: `Every kind of round that was run. A sum is checked against the plain sum of the inputs that count, bit for bit: wrong sums stay 0, and if too few members remain there is no sum at all.${hasFurtherFaults(settings) ? ` ${UNPREDICTED}` : ''}`,
    columns: [
      { key: 'clients', label: 'clients' },
      { key: 'dim', label: 'parameters' },
      { key: 'adversary', label: 'class' },
      { key: 'graph', label: 'graph' },
      { key: 'k', label: 'k' },
      { key: 't', label: 't' },
      { key: 'state', label: 'drop before' },
      { key: 'dropout', label: 'dropout', percent: true },
      { key: 'rounds', label: 'rounds' },
      { key: 'failed', label: 'failed' },
      { key: 'predictedFailure', label: 'predicted', digits: 4 },
      { key: 'wrongSums', label: 'wrong sums' },
      { key: 'included', label: 'counted' },
    ],
    rows: points.map((rounds) => pointSummary(rounds)),
    data: ['rounds'],
  };
}

const kindOf = ({ clients, graph, adversary }: RoundRow): string => `${clients} clients, ${graph}, ${adversary}`;

/** Share of rounds that commit over dropout: a chart for each state, with each kind of round that was run at several rates. */
function outcomeCharts({ settings }: DropoutResults, points: readonly (readonly RoundRow[])[]): Block[] {
  return [...groupBy(points, ([first]) => first!.state)].flatMap(([state, found]): Block[] => {
    const lines = [...groupBy(found, ([first]) => kindOf(first!))].flatMap(([kind, rounds]) => linesOf(kind, rounds));
    if (lines.length === 0) return [];
    return [
      {
        kind: 'chart',
        caption: `Share of rounds that commit when members drop ${state === 'any' ? 'in any state' : `before ${state}`}. ${hasFurtherFaults(settings) ? UNPREDICTED : 'Each kind of round commits up to the dropout that its threshold allows, and fails beyond it; the lines are predictions; on rings, lower bounds.'}`,
        x: { label: 'dropout (share of clients)', domain: [0, 1] },
        y: { label: 'rounds that commit (share)', domain: [0, 1] },
        lines,
        data: ['rounds'],
      },
    ];
  });
}

function linesOf(kind: string, points: readonly (readonly RoundRow[])[]): Line[] {
  const found = points.map((rounds) => pointSummary(rounds)).sort((a, b) => a.dropout - b.dropout);
  if (new Set(found.map(({ dropout }) => dropout)).size < 2) return [];
  const { k, t } = found[0]!;
  const predicted = found.flatMap(({ dropout, predictedFailure }) =>
    predictedFailure === null ? [] : [{ x: dropout, y: 1 - predictedFailure }],
  );
  return [
    {
      label: `${kind} (k = ${k ?? '?'}, t = ${t ?? '?'}): observed`,
      style: 'dots',
      points: found.map(({ dropout, observedFailure }) => ({ x: dropout, y: 1 - observedFailure })),
    },
    ...(predicted.length === 0 ? [] : [{ label: `${kind}: predicted`, points: predicted }]),
  ];
}

/** How often small rounds fail, predicted and observed; empty if none were run. */
function oddsBlocks(results: DropoutResults): Block[] {
  const odds = results.rows(ODDS);
  if (odds.length === 0) return [];
  const graphs = [...new Set(odds.map(({ graph }) => graph))];
  const { rounds, clients, adversary } = odds[0]!;
  const lines = graphs.flatMap((graph): Line[] => {
    const own = odds.filter((row) => row.graph === graph);
    const { k, t } = own[0]!;
    return [
      {
        label: `${graph} (k = ${k}, t = ${t}): observed`,
        style: 'dots',
        points: own.map((row) => ({ x: row.dropout, y: row.observed, ...interval(row) })),
      },
      {
        label: `${graph}: predicted${graph === 'ring' ? ', at most' : ''}`,
        points: own.map(({ dropout, predicted }) => ({ x: dropout, y: predicted })),
      },
    ];
  });
  return [
    {
      kind: 'chart',
      caption: `Share of rounds that fail when each of ${clients} members drops independently before its masked input, ${rounds} rounds at each point (${adversary} class; bars: 95 % intervals). On the complete graph the prediction is the exact binomial tail; on the ring it is a union bound: except by chance, dots lie below the line.`,
      x: { label: 'probability that a member drops', domain: [0, 1] },
      y: { label: 'rounds that fail (share)', domain: [0, 1] },
      lines,
      data: ['odds'],
    },
  ];
}

/** Wilson's 95 % interval of a share. */
function interval({ failed, rounds }: OddsRow): { readonly low: number; readonly high: number } {
  const z = 1.96;
  const p = failed / rounds;
  const centre = p + (z * z) / (2 * rounds);
  const half = z * Math.sqrt((p * (1 - p)) / rounds + (z * z) / (4 * rounds * rounds));
  const whole = 1 + (z * z) / rounds;
  return { low: Math.max(0, (centre - half) / whole), high: Math.min(1, (centre + half) / whole) };
}

/** Trainings with and without churn; empty if none was run. */
function trainingBlocks(results: DropoutResults): Block[] {
  const { settings } = results;
  const all = results.rows(TRAINING);
  if (all.length === 0) return [];
  const rates = [...new Set(all.map(({ churn }) => churn))];
  const of = (churn: number): typeof all => all.filter((row) => row.churn === churn);
  return [
    {
      kind: 'chart',
      caption: `Accuracy on MNIST's test images after each round, ${settings.churnCohort} of ${settings.churnMembers} members per round, each round through the real sessions. Both trainings have the same seed, shards and cohorts. Churn makes a round's mean noisier and occasionally costs a whole round, where the line stays level; the model still learns.`,
      x: { label: 'round' },
      y: { label: 'accuracy on test images (share)', domain: [0, 1] },
      lines: rates.map((churn): Line => ({
        label: churn === 0 ? 'no churn' : `${Math.round(churn * 100)} % drop in each round`,
        points: of(churn).map(({ round, accuracy }) => ({ x: round, y: accuracy })),
      })),
      data: ['training'],
    },
    {
      kind: 'facts',
      facts: rates.flatMap((churn) => {
        const own = of(churn);
        const name = churn === 0 ? 'without churn' : `with ${Math.round(churn * 100)} % churn`;
        return [
          [`accuracy at the end, ${name}`, own.at(-1)?.accuracy ?? null],
          [`rounds that failed, ${name}`, own.filter(({ committed }) => !committed).length],
        ] as const;
      }),
    },
  ];
}

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
    // A sweep has a row for each of its points: for reference, so it comes last.
    'Every kind of round': charts.length > 0 ? table : [],
  });
}
