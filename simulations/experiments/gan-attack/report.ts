import type { Section } from '../../laboratory/experiment.ts';
import { groupBy } from '../../laboratory/group-by.ts';
import type { Block } from '../../report/blocks.ts';
import { setUpOf } from './kinds.ts';
import { curves } from './report-curves.ts';
import { grids } from './report-grids.ts';
import { secureBlocks } from './report-secure.ts';
import { likenessTable, outcomeTable } from './report-tables.ts';
import { userSections } from './report-user.ts';
import { classifiers, looks } from './series.ts';
import { type GanAttackResults, LAST_LOOKS, outcomes } from './summary.ts';
import { METHOD } from './words.ts';

/** What `report.html` shows. */
export function report(results: GanAttackResults): Section[] {
  const { target } = results.settings;
  const found = outcomes(results);
  const accuracy = results.rows(classifiers).at(0)?.accuracy;
  const head: Block[] = [
    { kind: 'text', text: METHOD },
    {
      kind: 'facts',
      facts: [
        ['class that the adversary is after', target],
        ["independent classifier's accuracy on MNIST's test images", accuracy ?? null],
      ],
    },
  ];
  const setUps = groupBy(results.rows(looks), setUpOf);
  return [
    { title: 'The attack', blocks: found.length === 0 ? head : [...head, outcomeTable(found, LAST_LOOKS)] },
    ...[...setUps].map(([title, rows]) => ({
      title,
      blocks: [...curves(rows, target), ...grids(rows, results, target)],
    })),
    ...(found.length === 0 ? [] : [{ title: 'A prototype or a record?', blocks: [likenessTable(found, results)] }]),
    ...userSections(results.settings, found),
    { title: 'Secure aggregation', blocks: secureBlocks(results) },
  ];
}
