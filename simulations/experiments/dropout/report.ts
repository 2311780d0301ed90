import { leastModulusBits, METRIC_COORDINATES } from '../../../protocol/aggregation/quantize/index.ts';
import { PHASES } from '../../engine/phases.ts';
import type { Section } from '../../laboratory/experiment.ts';
import type { Results } from '../../laboratory/results.ts';
import type { Row } from '../../laboratory/rows.ts';
import type { Block, Line } from '../../report/blocks.ts';
import { hasFurtherFaults } from './one-round.ts';
import { paperBytes, paperTimes } from './paper.ts';
import { BYTES, ODDS, type OddsRow, type RoundRow, TRAINING } from './series.ts';
import type { DropoutSettings } from './settings.ts';
import { byPoint, measuredPoint, pointSummary } from './summary.ts';

type Found = Results<DropoutSettings>;

/** What report.html shows. */
export function report(results: Found): Section[] {
  const points = byPoint(results);
  const charts = outcomeCharts(results, points);
  const sections: Section[] = [];
  if (points.length > 0) {
    sections.push({
      title: 'Does the round commit?',
      blocks: charts.length > 0 ? charts : [outcomeTable(results, points)],
    });
    sections.push({ title: 'Time', blocks: [...paperTable(results, points), timeTable(results, costly(points))] });
    sections.push({
      title: 'Traffic',
      blocks: [trafficTable(results, costly(points)), ...phaseTable(results, points)],
    });
  }
  if (results.rows(ODDS).length > 0)
    sections.push({ title: 'Failures, predicted and observed', blocks: oddsBlocks(results) });
  if (results.rows(TRAINING).length > 0)
    sections.push({ title: 'Training under churn', blocks: trainingBlocks(results) });
  // A sweep has a row for each of its points: to look up, not to begin with.
  if (charts.length > 0) sections.push({ title: 'Every kind of round', blocks: [outcomeTable(results, points)] });
  return sections;
}

const UNPREDICTED =
  'Further faults were run beside the dropouts. There is no prediction, since one knows of dropouts alone.';

function outcomeTable({ settings }: Found, points: readonly (readonly RoundRow[])[]): Block {
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

/**
 * The points whose cost is worth a row: those with a sum. Before which message members drop changes it little, so in a
 * sweep over states the worst case stands for all, as in the paper.
 */
function costly(points: readonly (readonly RoundRow[])[]): readonly (readonly RoundRow[])[] {
  const committed = points.filter((rounds) => rounds.some((row) => row.committed));
  const worst = committed.filter(([{ state }]) => state === 'masked-input');
  return worst.length > 0 ? worst : committed;
}

const kindOf = ({ clients, graph, adversary }: RoundRow): string => `${clients} clients, ${graph}, ${adversary}`;

const groupBy = <T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
};

/** Share of rounds that commit over dropout: a chart for each state, with each kind of round that was run at several rates. */
function outcomeCharts({ settings }: Found, points: readonly (readonly RoundRow[])[]): Block[] {
  return [...groupBy(points, ([{ state }]) => state)].flatMap(([state, found]): Block[] => {
    const lines = [...groupBy(found, ([first]) => kindOf(first))].flatMap(([kind, rounds]) => linesOf(kind, rounds));
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
  const { k, t } = found[0];
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

const ratio = (paper: number, ours: number): number | null => (ours > 0 ? paper / ours : null);

/** Points that the paper has figures for, beside them. */
function paperTable(results: Found, points: readonly (readonly RoundRow[])[]): Block[] {
  const rows = points.flatMap((rounds, place): Row[] => {
    const { clients, dim, dropout, state, k, graph } = pointSummary(rounds);
    const paper = paperTimes({ clients, dim, dropout, state });
    if (paper === undefined) return [];
    const { clientMs, serverMs } = measuredPoint(results, place);
    return [
      {
        clients,
        dropout,
        graph: `${graph}, k = ${k ?? '?'}`,
        paperClientMs: paper.clientMs,
        clientMs,
        clientRatio: ratio(paper.clientMs, clientMs),
        paperServerMs: paper.serverMs,
        serverMs,
        serverRatio: ratio(paper.serverMs, serverMs),
      },
    ];
  });
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption:
        'The table of Bonawitz et al. (CCS 2017) beside ours: 100 000 parameters, curious coordinator, drops just before the masked input. Theirs is the complete graph in single-threaded Java on a Xeon E5-1650 v3; ours one thread of this machine. A ratio above 1 is in our favour.',
      columns: [
        { key: 'clients', label: 'clients' },
        { key: 'dropout', label: 'dropout', percent: true },
        { key: 'graph', label: 'our graph' },
        { key: 'paperClientMs', label: 'client, paper (ms)' },
        { key: 'clientMs', label: 'client, ours (ms)', digits: 1 },
        { key: 'clientRatio', label: 'ratio', digits: 1 },
        { key: 'paperServerMs', label: 'server, paper (ms)' },
        { key: 'serverMs', label: 'server, ours (ms)', digits: 0 },
        { key: 'serverRatio', label: 'ratio', digits: 1 },
      ],
      rows,
      data: ['times'],
    },
  ];
}

function timeTable(results: Found, points: readonly (readonly RoundRow[])[]): Block {
  const timed = points.map((rounds) => measuredPoint(results, rounds[0].point).phases);
  // Curious rounds have no consistency check.
  const phases = PHASES.filter(
    (phase) => phase !== 'outcome' && timed.some((times) => times[phase].clientMs > 0 || times[phase].serverMs > 0),
  );
  return {
    kind: 'table',
    caption:
      'Milliseconds of work, of the median client (c) and of the coordinator (s), by the round of the paper in which it is done. Where members drop, computing the left-over masks is the coordinator’s main cost; a ring makes it n/k times smaller.',
    columns: [
      { key: 'round', label: 'round' },
      { key: 'dropout', label: 'dropout', percent: true },
      ...phases.flatMap((phase) => [
        ...(phase === 'computing' ? [] : [{ key: `client ${phase}`, label: `c ${phase}`, digits: 1 }]),
        { key: `server ${phase}`, label: `s ${phase}`, digits: 1 },
      ]),
    ],
    rows: points.map((rounds, i) => {
      const { clients, dim, dropout, graph } = pointSummary(rounds);
      const times = timed[i];
      return {
        round: `${clients} × ${dim}, ${graph}`,
        dropout,
        ...Object.fromEntries(
          phases.flatMap((phase) => [
            [`client ${phase}`, times[phase].clientMs],
            [`server ${phase}`, times[phase].serverMs],
          ]),
        ),
      };
    }),
    data: ['times'],
  };
}

function trafficTable({ settings }: Found, points: readonly (readonly RoundRow[])[]): Block {
  return {
    kind: 'table',
    caption:
      'A client’s traffic in a whole round, and what the paper’s formula gives for its complete graph at the same modulus. On a ring the shares of k neighbours travel instead of all members’; the vector itself is the same.',
    columns: [
      { key: 'clients', label: 'clients' },
      { key: 'dim', label: 'parameters' },
      { key: 'graph', label: 'graph' },
      { key: 'dropout', label: 'dropout', percent: true },
      { key: 'bytesUp', label: 'sent (bytes)' },
      { key: 'bytesDown', label: 'received (bytes)' },
      { key: 'paper', label: 'both, paper (bytes)' },
      { key: 'ratio', label: 'ratio', digits: 2 },
    ],
    rows: points.map((rounds) => {
      const { clients, dim, graph, k, dropout, bytesUp, bytesDown } = pointSummary(rounds);
      const bits = leastModulusBits(settings.inputBits, clients);
      const paper = paperBytes(clients, dim + METRIC_COORDINATES, bits);
      const kind = `${graph}, k = ${k ?? '?'}`;
      return {
        clients,
        dim,
        graph: kind,
        dropout,
        bytesUp,
        bytesDown,
        paper,
        ratio: ratio(paper, bytesUp + bytesDown),
      };
    }),
    data: ['rounds', 'bytes'],
  };
}

/** Of a single point, where the bytes go. */
function phaseTable(results: Found, points: readonly (readonly RoundRow[])[]): Block[] {
  if (points.length !== 1) return [];
  return [
    {
      kind: 'table',
      caption: 'The median client’s bytes by phase. The masked vector dominates wherever the model is large.',
      columns: [
        { key: 'phase', label: 'phase' },
        { key: 'bytesUp', label: 'sent (bytes)' },
        { key: 'bytesDown', label: 'received (bytes)' },
      ],
      rows: results.rows(BYTES).filter(({ repeat }) => repeat === 0),
      data: ['bytes'],
    },
  ];
}

function oddsBlocks(results: Found): Block[] {
  const odds = results.rows(ODDS);
  const graphs = [...new Set(odds.map(({ graph }) => graph))];
  const [{ rounds, clients, adversary }] = odds;
  const lines = graphs.flatMap((graph): Line[] => {
    const own = odds.filter((row) => row.graph === graph);
    const [{ k, t }] = own;
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

function trainingBlocks(results: Found): Block[] {
  const { settings } = results;
  const all = results.rows(TRAINING);
  const rates = [...new Set(all.map(({ churn }) => churn))];
  const of = (churn: number): typeof all => all.filter((row) => row.churn === churn);
  return [
    {
      kind: 'chart',
      caption: `Accuracy on MNIST's test images after each round, ${settings.churnCohort} of ${settings.churnMembers} members a round, each round through the real sessions. Both trainings have the same seed, shards and cohorts. Churn makes a round's mean noisier and now and then costs a whole round, where the line stays level; the model still learns.`,
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
