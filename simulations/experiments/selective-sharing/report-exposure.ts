import type { Block, Section } from '../../report/blocks.ts';
import { percent } from '../common/charts.ts';
import { type OverlapRow, overlapSeries, type SecureRow, secureSeries, type SharingResults } from './results.ts';

const MEANING =
  'Secure aggregation shows the server a sum and nothing else. When one participant alone touched a coordinate, the sum is that participant’s value: for this coordinate the masks hide nothing. To send sparse vectors the indices have to be sent in the open, and then the server also knows whose value it is; dense vectors with zeros hide the owner, but not the value, and save no bytes. Uploads of all participants of a round are counted here as if they arrived at once, from the same parameters.';

const WAYS_OUT =
  'Remedies: upload dense vectors of all changes (then every coordinate has N contributors), agree on the coordinates of a round beforehand, the same ones for all, or open only coordinates with a minimum number of contributors.';

function overParticipants(results: SharingResults, rows: readonly OverlapRow[]): Block {
  const { thetaUpload } = results.settings;
  return {
    kind: 'chart',
    caption:
      'Of the values that a participant uploads, the share that the sum reveals because no other participant touched the coordinate; first round. Note how a smaller θ_u affects this share, and the difference between random choice and the largest values: where digits make the same coordinates large for all participants, fewer of them are alone.',
    x: { label: 'participants N' },
    y: { label: 'uploaded values revealed [%]' },
    lines: (['largest', 'random'] as const).flatMap((selection) =>
      thetaUpload.map((theta) => ({
        label: `${selection}, θ_u ${theta}`,
        points: rows
          .filter((row) => row.round === 'first' && row.selection === selection && row.thetaUpload === theta)
          .map(({ participants, revealedShare }) => ({ x: participants, y: percent(revealedShare) })),
      })),
    ),
    data: [overlapSeries.name],
  };
}

function table(rows: readonly OverlapRow[]): Block {
  return {
    kind: 'table',
    caption:
      'Coordinates by the number of participants that uploaded them. “One” are those that the sum reveals. The first round starts from the initial parameters, the last from those trained by the largest N with the largest θ_u.',
    columns: [
      { key: 'round', label: 'round' },
      { key: 'selection', label: 'selection' },
      { key: 'participants', label: 'N' },
      { key: 'thetaUpload', label: 'θ_u' },
      { key: 'uploaded', label: 'uploaded by each', digits: 0 },
      { key: 'touched', label: 'touched' },
      { key: 'one', label: 'one' },
      { key: 'two', label: 'two' },
      { key: 'threeToNine', label: '3 to 9' },
      { key: 'tenOrMore', label: '10 or more' },
      { key: 'revealedShare', label: 'of an upload revealed', digits: 1, percent: true },
    ],
    rows,
    data: [overlapSeries.name],
  };
}

function sessions(row: SecureRow): Block {
  return {
    kind: 'facts',
    caption: 'One of these rounds through the real sessions: keys, shares, masks, unmasking.',
    facts: [
      ['participants', row.participants],
      ['θ_u', row.thetaUpload],
      ['coordinates with one contributor', row.revealed],
      ['of these, sum equal to that participant’s value', row.confirmed],
      ['maximum difference', row.maxError],
      ['difference allowed for rounding', row.allowedError],
      ['bytes of a sparse upload in the open', Math.round(row.sparseBytes)],
      ['bytes that a participant sends, dense and masked', Math.round(row.secureBytes)],
    ],
  };
}

/** What sums of sparse uploads reveal. */
export function exposureSections(results: SharingResults): Section[] {
  const rows = results.rows(overlapSeries);
  if (rows.length === 0) return [];
  return [
    {
      title: 'What a secure sum of sparse uploads reveals',
      blocks: [
        { kind: 'text', text: MEANING },
        overParticipants(results, rows),
        table(rows),
        ...results.rows(secureSeries).map(sessions),
        { kind: 'text', text: WAYS_OUT },
      ],
    },
  ];
}
