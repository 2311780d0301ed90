import { minModulusBits, vectorLength } from '../../../protocol/quantize/index.ts';
import { PHASES } from '../../engine/phases.ts';
import type { Row } from '../../laboratory/rows.ts';
import type { Block } from '../../report/blocks.ts';
import { BYTES, type DropoutResults, measuredPoint, pointSummary, type RoundRow } from './results.ts';

/**
 * What Bonawitz et al. 2017 report for 100 000 entries on the complete graph, curious model, drops just before the masked
 * input: milliseconds of single-threaded Java on a Xeon E5-1650 v3.
 */
interface PaperTimes {
  /** Per client; the same whichever members drop. */
  readonly clientMs: number;
  readonly serverMs: number;
}

const ENTRIES = 100_000;
const CLIENT_MS: Readonly<Record<number, number | undefined>> = { 500: 849, 1000: 1699 };
const SERVER_MS: Readonly<Record<number, Readonly<Record<string, number | undefined>> | undefined>> = {
  500: { '0': 2018, '0.1': 62_239, '0.3': 143_389 },
  1000: { '0': 4887, '0.1': 180_875, '0.3': 413_767 },
};

/**
 * What the paper reports for a round of this kind, on its complete graph whatever ours is; undefined if it has no
 * figure.
 */
function paperTimes(round: {
  readonly clients: number;
  readonly dim: number;
  readonly dropout: number;
  readonly state: string;
}): PaperTimes | undefined {
  const clientMs = CLIENT_MS[round.clients];
  const serverMs = SERVER_MS[round.clients]?.[String(round.dropout)];
  if (round.dim !== ENTRIES || round.state !== 'masked-input' || clientMs === undefined || serverMs === undefined)
    return undefined;
  return { clientMs, serverMs };
}

/** A client's traffic by the paper's formula, sent and received together: 512 n + 256 (5n − 4) + m·⌈log2 R⌉ bits. */
function paperBytes(clients: number, words: number, modulusBits: number): number {
  return Math.ceil((512 * clients + 256 * (5 * clients - 4) + words * modulusBits) / 8);
}

/** Milliseconds of the points whose cost deserves a row, beside the paper's if it has figures. */
export function timeBlocks(results: DropoutResults, points: readonly (readonly RoundRow[])[]): Block[] {
  return [...paperTable(results, points), timeTable(results, costly(points))];
}

/** Their bytes, and for a single point how they are spent. */
export function trafficBlocks(results: DropoutResults, points: readonly (readonly RoundRow[])[]): Block[] {
  return [trafficTable(results, costly(points)), ...phaseTable(results, points)];
}

/**
 * The points whose cost deserves a row: those with a sum. The message before which members drop makes little
 * difference, so in a sweep over states the worst case represents all, as in the paper.
 */
function costly(points: readonly (readonly RoundRow[])[]): readonly (readonly RoundRow[])[] {
  const committed = points.filter((rounds) => rounds.some((row) => row.committed));
  const worst = committed.filter(([first]) => first!.state === 'masked-input');
  return worst.length > 0 ? worst : committed;
}

const ratio = (paper: number, ours: number): number | null => (ours > 0 ? paper / ours : null);

/** Points for which the paper has figures, beside them. */
function paperTable(results: DropoutResults, points: readonly (readonly RoundRow[])[]): Block[] {
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

function timeTable(results: DropoutResults, points: readonly (readonly RoundRow[])[]): Block {
  const timed = points.map((rounds) => measuredPoint(results, rounds[0]!.point).phases);
  // Curious rounds have no consistency check.
  const phases = PHASES.filter(
    (phase) => phase !== 'outcome' && timed.some((times) => times[phase]!.clientMs > 0 || times[phase]!.serverMs > 0),
  );
  return {
    kind: 'table',
    caption:
      'Milliseconds of work, of the median client (c) and of the coordinator (s), by the round of the paper in which it is done. When members drop, computing the left-over masks is the coordinator’s main cost; a ring makes it n/k times smaller.',
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
      const times = timed[i]!;
      return {
        round: `${clients} × ${dim}, ${graph}`,
        dropout,
        ...Object.fromEntries(
          phases.flatMap((phase) => [
            [`client ${phase}`, times[phase]!.clientMs],
            [`server ${phase}`, times[phase]!.serverMs],
          ]),
        ),
      };
    }),
    data: ['times'],
  };
}

function trafficTable({ settings }: DropoutResults, points: readonly (readonly RoundRow[])[]): Block {
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
      const bits = minModulusBits(settings.inputBits, clients);
      const paper = paperBytes(clients, vectorLength({ dimension: dim }), bits);
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

/** For a single point, how the bytes are spent. */
function phaseTable(results: DropoutResults, points: readonly (readonly RoundRow[])[]): Block[] {
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
