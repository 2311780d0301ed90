import type { Block, Line, Section } from '../../report/blocks.ts';
import { groupBy } from '../../laboratory/series.ts';
import { sectionsOf } from '../common/charts.ts';
import { REPORTED, SURVEY } from './papers.ts';
import { fixedRows, type PrivateInferenceResults, runRows, type RunRow } from './results.ts';

const METHOD = `Riazi and Koushanfar's survey (2018) compares five systems that answer questions to a model without seeing them. The networks are trained here on MNIST, with fixed seeds, by Cairn's own engine: A is 784-128-128-10, with squares as in SecureML's paper or with ReLU as in later ones; Chameleon's has a convolution of 5 maps, 5 × 5 with stride 2, then 100 and 10 units.

Each side is a process of its own, and so is the dealer. On loopback nothing slows them down; on a shaped line every byte passes a relay that delays it by half the round-trip time and lets no more through than the bandwidth, in each direction, to the dealer as well.

Times are medians, read at who asks in Chameleon, at server a in SecureML, whose asker would add one trip to two servers. Offline is all that can be done before the question: the dealer's work, its corrections, and garbling. Setup happens once for a connection: masked weights. Megabytes count every byte of messages, both ways, with what the dealer sends. A round is a time that a side sends after it has received: where both send at once it takes half a round-trip time, where one waits for the other's answer a whole one.`;

const LIMITS = `Both systems hold against sides that follow the protocol. A server of SecureML that talks to the other, or a dealer that talks to a side, sees everything. What a reader learns from answers alone is outside of all of them: class only, and a bound on questions, limit that.

The survey's table marks what a system has. It says nothing of time; the figures above do.`;

function activationName({ network, activation }: Pick<RunRow, 'network' | 'activation'>): string {
  return `${network}, ${activation === 'relu' ? 'ReLU' : 'square'}`;
}

const isLoopback = ({ megabytesPerSecond }: RunRow): boolean => megabytesPerSecond === null;

function runTable(rows: readonly RunRow[], caption: string): Block {
  const shaped = rows.some((row) => !isLoopback(row));
  return {
    kind: 'table',
    caption,
    columns: [
      { key: 'system', label: 'system' },
      { key: 'name', label: 'network' },
      { key: 'batch', label: 'images' },
      ...(shaped
        ? [
            { key: 'roundTripMs', label: 'round trip [ms]' },
            { key: 'megabytesPerSecond', label: 'MB/s' },
          ]
        : []),
      { key: 'setupSeconds', label: 'setup [s]', digits: 3 },
      { key: 'offlineSeconds', label: 'offline [s]', digits: 4 },
      { key: 'onlineSeconds', label: 'online [s]', digits: 4 },
      { key: 'roundTrips', label: 'rounds' },
      { key: 'onlineUpMegabytes', label: 'up [MB]', digits: 4 },
      { key: 'onlineDownMegabytes', label: 'down [MB]', digits: 4 },
      { key: 'megabytes', label: 'all [MB]', digits: 3 },
      { key: 'peakMegabytes', label: 'peak [MB]', digits: 0 },
    ],
    rows: rows.map((row) => ({ ...row, name: activationName(row) })),
    data: [runRows.name],
  };
}

function accuracyTable(results: PrivateInferenceResults): Block {
  return {
    kind: 'table',
    caption:
      'Accuracy in the clear: on floats as trained, and in the fixed point that is computed privately. Bounds are proven for every input, or hold for inputs like the training images.',
    columns: [
      { key: 'name', label: 'network' },
      { key: 'system', label: 'system' },
      { key: 'bits', label: 'ring [bits]' },
      { key: 'fraction', label: 'fraction [bits]' },
      { key: 'bounds', label: 'bounds' },
      { key: 'images', label: 'images' },
      { key: 'accuracyFloats', label: 'floats', percent: true },
      { key: 'accuracyFixed', label: 'fixed point', percent: true },
      { key: 'changed', label: 'classes changed' },
    ],
    rows: results.rows(fixedRows).map((row) => ({ ...row, name: activationName(row) })),
    data: [fixedRows.name],
  };
}

function agreementTable(rows: readonly RunRow[]): Block {
  return {
    kind: 'table',
    caption:
      'Private answers between two processes: shares of the images whose class is that of the same fixed point in the clear, and that of the network on floats.',
    columns: [
      { key: 'system', label: 'system' },
      { key: 'name', label: 'network' },
      { key: 'batch', label: 'images at once' },
      { key: 'images', label: 'images' },
      { key: 'agreement', label: 'as in fixed point', percent: true },
      { key: 'agreementFloats', label: 'as on floats', percent: true },
    ],
    rows: rows.map((row) => ({ ...row, name: activationName(row) })),
    data: [runRows.name],
  };
}

/** Ours on loopback, one image, beside what papers report on their local networks. */
function papersBlocks(rows: readonly RunRow[]): Block[] {
  const single = rows.filter((row) => row.batch === 1 && isLoopback(row));
  if (single.length === 0) return [];
  const ours = single.map((row) => ({
    name: activationName(row),
    by: `${row.system}, here`,
    offlineSeconds: row.offlineSeconds,
    onlineSeconds: row.onlineSeconds,
    totalSeconds: row.offlineSeconds + row.onlineSeconds,
    megabytes: row.megabytes,
  }));
  const theirs = REPORTED.map((row) => ({ ...row, name: activationName(row), by: `${row.paper}’s paper` }));
  const all = [...ours, ...theirs].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return [
    {
      kind: 'table',
      caption: 'One image: ours on loopback, and what the papers report on their local networks and machines.',
      columns: [
        { key: 'name', label: 'network' },
        { key: 'by', label: 'system' },
        { key: 'offlineSeconds', label: 'offline [s]' },
        { key: 'onlineSeconds', label: 'online [s]' },
        { key: 'totalSeconds', label: 'both [s]' },
        { key: 'megabytes', label: 'MB' },
      ],
      rows: all.map(({ name, by, offlineSeconds, onlineSeconds, totalSeconds, megabytes }) => ({
        ...{ name, by, offlineSeconds, onlineSeconds, totalSeconds, megabytes },
      })),
      data: [runRows.name],
    },
    {
      kind: 'chart',
      caption: 'Both phases for one image, ours on loopback beside the papers’. The axis is logarithmic.',
      x: { label: 'network', scale: 'category' },
      y: { label: 'offline and online [s]', scale: 'log' },
      lines: [
        ...linesBy(
          ours.map(({ name, by, totalSeconds }) => ({ name, by, y: totalSeconds })),
          'ours',
        ),
        ...linesBy(
          theirs.map(({ name, by, totalSeconds }) => ({ name, by, y: totalSeconds })),
          'paper',
        ),
      ],
      data: [runRows.name],
    },
  ];
}

function linesBy(
  points: readonly { readonly name: string; readonly by: string; readonly y: number }[],
  source: 'ours' | 'paper',
): Line[] {
  return [...groupBy(points, ({ by }) => by)].map(([label, each]) => ({
    ...{ label, source, style: 'dots' as const },
    points: each.map(({ name, y }) => ({ x: name, y })),
  }));
}

/** Online time of one image over the round-trip time. */
function lineBlocks(rows: readonly RunRow[]): Block[] {
  const shaped = rows.filter((row) => !isLoopback(row));
  if (shaped.length === 0) return [];
  const single = rows.filter(({ batch }) => batch === 1);
  const lines = [...groupBy(single, (row) => `${row.system}, ${activationName(row)}`)].map(([label, each]): Line => ({
    label,
    points: each.map(({ roundTripMs, onlineSeconds }) => ({ x: roundTripMs, y: onlineSeconds })),
  }));
  return [
    runTable(shaped, 'Between two processes on shaped lines.'),
    {
      kind: 'chart',
      caption: 'One image online: away from loopback, waiting for messages is nearly all of it.',
      x: { label: 'round-trip time [ms]' },
      y: { label: 'online [s]' },
      lines,
      data: [runRows.name],
    },
  ];
}

/** What report.html shows. */
export function report(results: PrivateInferenceResults): readonly Section[] {
  const rows = results.rows(runRows);
  const loopback = rows.filter(isLoopback);
  const survey: Block = {
    kind: 'table',
    caption: 'Table 1 of the survey, as it marks the systems. This version has SecureML and Chameleon of the five.',
    columns: [
      { key: 'system', label: 'system' },
      { key: 'accuracy', label: 'preserves accuracy' },
      { key: 'oneServer', label: 'no second server' },
      { key: 'preprocessing', label: 'preprocesses data and network' },
      { key: 'batching', label: 'batching' },
      { key: 'depth', label: 'scales with depth' },
      { key: 'fixedPoint', label: 'fixed point' },
      { key: 'nonLinear', label: 'non-linear activations' },
    ],
    rows: SURVEY,
  };
  return sectionsOf({
    Method: [{ kind: 'text', text: METHOD }],
    'Networks in fixed point': results.rows(fixedRows).length > 0 ? [accuracyTable(results)] : [],
    'On loopback': loopback.length > 0 ? [runTable(loopback, 'Between two processes on this machine.')] : [],
    'Beside the papers': papersBlocks(rows),
    'On shaped lines': lineBlocks(rows),
    'Agreement with the clear': loopback.length > 0 ? [agreementTable(loopback)] : [],
    'The survey’s comparison': [survey, { kind: 'text', text: LIMITS }],
  });
}
