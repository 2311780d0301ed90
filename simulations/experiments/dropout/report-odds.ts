import type { Block, Line } from '../../report/blocks.ts';
import { ODDS, type OddsRow } from './series.ts';
import type { DropoutResults } from './summary.ts';

/** How often small rounds fail, predicted and observed; nothing where none were run. */
export function oddsBlocks(results: DropoutResults): Block[] {
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
      caption: `Share of rounds that fail when each of ${clients} members drops for itself before its masked input, ${rounds} rounds at each point (${adversary} class; bars: 95 % intervals). On the complete graph the prediction is the exact binomial tail; on the ring it is a union bound: but for chance, dots lie below the line.`,
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
