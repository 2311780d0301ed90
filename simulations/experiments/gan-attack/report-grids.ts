import { groupBy } from '../../laboratory/group-by.ts';
import type { Block } from '../../report/blocks.ts';
import { gridName } from './grid.ts';
import { kindOf } from './kinds.ts';
import { type LookRow, looks } from './series.ts';
import { attacked, type GanAttackResults } from './summary.ts';

// More grids of one federation than this say nothing more.
const GRIDS = 6;

function evenly<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  return Array.from({ length: count }, (_, i) => all[Math.round((i * (all.length - 1)) / (count - 1))]!);
}

/** The grids of the first seed of each kind, from the first to the last look. */
export function grids(rows: readonly LookRow[], { images }: GanAttackResults, target: number): Block[] {
  const known = new Set(images);
  const first = attacked(rows).filter((row) => known.has(gridName(row.federation, row.round)));
  return [...groupBy(first, kindOf)].map(([kind, each]) => {
    const one = each.filter(({ federation }) => federation === each[0]!.federation);
    return {
      kind: 'images',
      caption:
        `Samples (${kind}). ` +
        (one[0]!.victim
          ? `Look for a ${target} that becomes clearer, and for how alike the samples are: they show what the class has in common, a prototype, not anybody's image.`
          : `No image of a ${target} was there to learn from, so whatever appears here is what the attack looks like without a victim.`),
      images: evenly(one, GRIDS).map((row) => ({
        name: gridName(row.federation, row.round),
        label: `round ${row.round}, ${Math.round(100 * row.share)} % taken for ${target}`,
      })),
      data: [looks.name],
    };
  });
}
