import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchKernels } from './kernels.ts';
import { benchRound, type RoundShape } from './rounds.ts';
import { table } from './statistics.ts';

const { values } = parseArgs({ options: { json: { type: 'string' }, quick: { type: 'boolean', default: false } } });

/** The paper's client and server totals in milliseconds at 10^5 entries (Bonawitz et al. 2017, curious model), by n and drop. */
const PAPER: Record<string, { readonly client: number; readonly server: number }> = {
  '500/0.1': { client: 849, server: 62_239 },
  '1000/0.1': { client: 1699, server: 180_875 },
};

const quick: RoundShape[] = [
  { n: 100, d: 100_000, drop: 0.1, graph: 'complete', adversary: 'curious' },
  { n: 100, d: 100_000, drop: 0.1, graph: 'complete', adversary: 'active' },
];
const shapes: RoundShape[] = [
  ...quick,
  { n: 500, d: 100_000, drop: 0.1, graph: 'complete', adversary: 'curious' },
  { n: 1000, d: 100_000, drop: 0.1, graph: 'ring', adversary: 'curious' },
];

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const machine = { node: process.version, cpu: cpus().at(0)?.model ?? 'unknown', cores: cpus().length };
print(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n`);

const kernels = benchKernels();
print(
  table(
    ['expand and add, 10^5 words', 'GB/s'],
    kernels.map(({ name, gbPerS }) => [name, gbPerS.toFixed(2)]),
  ),
);
print('');

const rounds = (values.quick ? quick : shapes).map(benchRound);
print(
  table(
    ['n', 'd', 'drop', 'graph', 'class', 'k', 't', 'client ms', 'paper', 'server ms', 'paper', 'up', 'down', 'exact'],
    rounds.map((cost) => {
      const paper = PAPER[`${cost.n}/${cost.drop}`] as (typeof PAPER)[string] | undefined;
      return [
        String(cost.n),
        String(cost.d),
        `${100 * cost.drop} %`,
        cost.graph,
        cost.adversary,
        String(cost.k),
        String(cost.t),
        cost.clientMs.toFixed(0),
        paper?.client.toFixed(0) ?? '',
        cost.serverMs.toFixed(0),
        paper?.server.toFixed(0) ?? '',
        `${(cost.bytesUp / 1000).toFixed(0)} kB`,
        `${(cost.bytesDown / 1000).toFixed(0)} kB`,
        cost.exact ? 'yes' : 'NO',
      ];
    }),
  ),
);
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ machine, kernels, rounds }, undefined, 2)}\n`);
if (rounds.some(({ exact }) => !exact)) process.exitCode = 1;
