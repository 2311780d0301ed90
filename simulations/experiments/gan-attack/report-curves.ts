import { groupBy } from '../../laboratory/group-by.ts';
import type { Block, Line } from '../../report/blocks.ts';
import { spread } from '../../report/lines.ts';
import { kindOf } from './kinds.ts';
import { type LookRow, looks } from './series.ts';
import { attacked } from './summary.ts';

/** One line for each kind of federation: the mean over seeds at each round, with the least and the greatest. */
function lines(rows: readonly LookRow[], of: (row: LookRow) => number | null): Line[] {
  return [...groupBy(rows, kindOf)].map(([label, each]) => ({
    label,
    points: [...groupBy(each, ({ round }) => String(round)).values()].flatMap((same) => {
      const values = same.map(of).filter((value) => value !== null);
      if (values.length === 0) return [];
      return [{ x: same[0]!.round, ...spread(values) }];
    }),
  }));
}

/** How attack and model fare, round by round. */
export function curves(rows: readonly LookRow[], target: number): Block[] {
  const x = { label: 'round' };
  const y = { label: 'share', domain: [0, 1] as const };
  return [
    {
      kind: 'chart',
      caption: `Share of the generator's samples that the independent classifier takes for a ${target}. The control shows what a generator reaches by chance, or by what the other classes have in common. Bands span the seeds.`,
      x,
      y,
      lines: lines(attacked(rows), ({ share }) => share),
      levels: [{ y: 0.1, label: 'one of ten' }],
      data: [looks.name],
    },
    {
      kind: 'chart',
      caption:
        'Accuracy of the global model on test images of the classes that somebody holds, while it is attacked. The control is attacked too, and its images leave the target out, so the distance between the two is not the cost of the attack: no federation here runs without one. Look for whether the model stays of use to the others, so that nobody sees a reason to stop.',
      x,
      y,
      lines: lines(rows, ({ accuracy }) => accuracy),
      data: [looks.name],
    },
  ];
}
