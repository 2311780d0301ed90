import { groupBy } from '../../laboratory/group-by.ts';
import type { Block, Line } from '../../report/blocks.ts';
import { hasFurtherFaults } from './one-round.ts';
import type { RoundRow } from './series.ts';
import { type DropoutResults, pointSummary } from './summary.ts';

const UNPREDICTED =
  'Further faults were run beside the dropouts. There is no prediction, since one knows of dropouts alone.';

/** Every kind of round, a row each. */
export function outcomeTable({ settings }: DropoutResults, points: readonly (readonly RoundRow[])[]): Block {
  return {
    kind: 'table',
    caption: `Every kind of round that was run. A sum is held against the plain sum of those that count, bit for bit: wrong sums stay 0, and where too few members are left there is no sum at all.${hasFurtherFaults(settings) ? ` ${UNPREDICTED}` : ''}`,
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
export function outcomeCharts({ settings }: DropoutResults, points: readonly (readonly RoundRow[])[]): Block[] {
  return [...groupBy(points, ([first]) => first!.state)].flatMap(([state, found]): Block[] => {
    const lines = [...groupBy(found, ([first]) => kindOf(first!))].flatMap(([kind, rounds]) => linesOf(kind, rounds));
    if (lines.length === 0) return [];
    return [
      {
        kind: 'chart',
        caption: `Share of rounds that commit when members drop ${state === 'any' ? 'in any state' : `before ${state}`}. ${hasFurtherFaults(settings) ? UNPREDICTED : 'Each kind of round commits up to the dropout that its threshold allows, and fails beyond it; the lines are predictions, on rings at least so good.'}`,
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
