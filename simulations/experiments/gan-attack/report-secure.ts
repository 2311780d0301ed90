import { groupBy } from '../../laboratory/group-by.ts';
import type { Block } from '../../report/blocks.ts';
import { setUpOf } from './kinds.ts';
import { differences, looks } from './series.ts';
import { type GanAttackResults, roundings } from './summary.ts';
import { SECURE } from './words.ts';

/** What secure aggregation changes: rounding. */
export function secureBlocks(results: GanAttackResults): Block[] {
  const rows = results.rows(differences);
  const rounding = roundings(results.rows(looks));
  const words: Block[] = [{ kind: 'text', text: SECURE }];
  if (rounding !== null)
    words.push({
      kind: 'facts',
      caption: 'One and the same set of uploads, summed through the sessions and in the open.',
      facts: [
        ['rounds in which both sums were computed', rounding.rounds],
        ['greatest difference of a coordinate', rounding.greatest.toExponential(2)],
        ['its bound, a step of quantization for each member', rounding.bound.toExponential(2)],
      ],
    });
  if (rows.length === 0) return words;
  const all = groupBy(rows, (row) => `${setUpOf(row)}, seed ${row.repetition}`);
  return [
    ...words,
    {
      kind: 'chart',
      caption:
        'How far the global model of the federation with secure aggregation is from that of the open one, as a share of its norm. Both start alike and draw the same batches. Rounding is all that secure aggregation adds, but training magnifies it from round to round as it does any small change, so the two go their own ways to the same outcome, as two seeds would.',
      x: { label: 'round' },
      y: { label: 'relative difference', scale: rows.every(({ relative }) => relative > 0) ? 'log' : 'linear' },
      lines: [...all].map(([label, each]) => ({
        label,
        points: each.map(({ round, relative }) => ({ x: round, y: relative })),
      })),
      data: [differences.name],
    },
  ];
}
