import type { RoundCost, Traffic } from '../schema.ts';
import type { Runner } from '../support/runner.ts';
import { grouped, ms, percent, size, table } from '../support/table.ts';
import type { RoundRow } from './row.ts';
import type { RoundShape } from './shape.ts';
import { trafficOf, trafficShape } from './traffic.ts';

export type { RoundShape } from './shape.ts';

/** Which rounds are run, and the sizes for which a client's traffic is compared with the paper's formula. */
export interface RoundsPlan {
  readonly shapes: readonly RoundShape[];
  readonly traffic: { readonly n: number; readonly d: number };
}

/** Runs the rounds, each in a separate process, and prints the table. */
export async function benchRounds(
  { shapes, traffic }: RoundsPlan,
  { run, print, note }: Runner,
): Promise<{ readonly rounds: RoundCost[]; readonly traffic: Traffic[] }> {
  const rows: RoundRow[] = [];
  for (const shape of shapes) {
    note(`round of ${shape.n} × ${shape.d}, ${percent(shape.drop)} dropped, ${shape.graph}`);
    rows.push(await run('round', shape));
  }
  const measured: Traffic[] = [];
  for (const graph of ['complete', 'ring'] as const) {
    note(`traffic at n = ${traffic.n}, ${graph}`);
    measured.push(trafficOf(await run('round', trafficShape(traffic.n, graph)), traffic.d));
  }
  print(roundsTable(rows));
  print(trafficTable(measured));
  return { rounds: rows.map(({ cost }) => cost), traffic: measured };
}

const HEAD = ['n', 'd', 'drop', 'graph', 'k', 't', 'real clients', 'client ms', 'paper', 'ratio'];
const SERVER_HEAD = ['server ms', 'paper', 'ratio', 'one thread', 'up', 'down', 'peak RSS', 'exact'];

function roundsTable(rows: readonly RoundRow[]): string {
  const costs = rows.map(({ cost }) => cost);
  return [
    'Whole rounds through the real sessions, curious model; rings found for γ = 0.1, δ = 0.3.',
    'Clients drop after sharing keys and before their masked input, the worst case. Times are medians in ms,',
    'in a process that has already run one small round.',
    'If fewer than n clients are real, the others’ masked inputs are simulated: the sum of the masks that do not cancel',
    'is kept once for the round. The server adds n inputs of full length and expands every left-over mask; each sum is',
    'verified bit for bit. Peak RSS is that of the process with the server’s session and the simulated clients.',
    `The server computes unmask plans on ${rows[0]?.threads ?? 1} thread(s); "one thread" is its total without a pool.`,
    '',
    table(
      [...HEAD, ...SERVER_HEAD],
      rows.map(({ cost, realClients }) => [
        ...[grouped(cost.n), grouped(cost.d), percent(cost.drop), cost.graph, grouped(cost.k), grouped(cost.t)],
        realClients === cost.n ? 'all' : grouped(realClients),
        ...[ms(cost.clientMs), paperCell(cost.paperClientMs), ratio(cost.paperClientMs, cost.clientMs)],
        ...[ms(cost.serverMs), paperCell(cost.paperServerMs), ratio(cost.paperServerMs, cost.serverMs)],
        ...[ms(aloneMs(cost)), size(cost.bytesUp), size(cost.bytesDown), `${cost.peakRssMB.toFixed(0)} MB`],
        cost.exact ? 'yes' : 'NO',
      ]),
    ),
    '',
    phasesTable('client ms', costs, 'clientPhasesMs'),
    '',
    phasesTable('server ms', costs, 'serverPhasesMs'),
    '',
  ].join('\n');
}

const paperCell = (value: number | null): string => (value === null ? '' : grouped(value));

const ratio = (paper: number | null, ours: number): string => (paper === null ? '' : `${(paper / ours).toFixed(1)}×`);

/** The server's total time with its plan on one thread. */
function aloneMs({ serverMs, serverPhasesMs: { computing, computingOneThread } }: RoundCost): number {
  return computingOneThread === undefined ? serverMs : serverMs - computing! + computingOneThread;
}

function phasesTable(title: string, costs: readonly RoundCost[], of: 'clientPhasesMs' | 'serverPhasesMs'): string {
  const phases = Object.keys(costs[0]?.[of] ?? {});
  return table(
    [title, 'n', 'd', 'drop', ...phases],
    costs.map((cost) => [
      cost.graph,
      ...[grouped(cost.n), grouped(cost.d), percent(cost.drop)],
      ...phases.map((phase) => ms(cost[of][phase]!)),
    ]),
  );
}

function trafficTable(rows: readonly Traffic[]): string {
  return [
    'Traffic of one client, all messages, compared with the formula of Bonawitz et al. 2017 (complete graph) and the plaintext',
    'vector. Measured at d = 1000: only the masked input depends on d, and its length is known.',
    '',
    table(
      ['n', 'd', 'input', 'graph', 'k', 'up', 'down', '× paper', '× plain'],
      rows.map(({ n, d, inputBits, graph, k, bytesUp, bytesDown, ofPaper, ofPlain }) => [
        ...[grouped(n), grouped(d), `${inputBits} bits`, graph, grouped(k), size(bytesUp), size(bytesDown)],
        ...[`${ofPaper.toFixed(3)}×`, `${ofPlain.toFixed(3)}×`],
      ]),
    ),
    '',
  ].join('\n');
}
