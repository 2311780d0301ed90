import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMnist, loadMnistLabels, mnistMlp } from '../../client/index.ts';
import type { RoundReport } from '../../coordinator/index.ts';
import { argmax, evaluateFloats, readNetwork } from '../../inference/index.ts';
import { decodeSafetensors } from '../../protocol/index.ts';
import { fewMnist } from './support/mnist.ts';
import { cairn, type Exit, groupIsEmpty } from './support/running.ts';
import { World } from './support/world.ts';

interface Summary {
  readonly rounds: number;
  readonly accuracy: number;
  readonly dropped: readonly { readonly member: string; readonly state: string; readonly effect: string }[];
  readonly privatePrediction: {
    readonly class: number;
    readonly label: number;
    readonly ms: number;
    readonly bytes: number;
  };
  readonly runDir: string;
}

interface Demo extends Exit {
  readonly summary: Summary;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly rounds: readonly string[];
  readonly nobodyIsLeft: boolean;
}

let world: World;

beforeAll(async () => {
  world = await World.create();
});

afterAll(() => world.end());

async function demo(flags: string, env: Readonly<Record<string, string>> = {}): Promise<Demo> {
  const running = cairn(['demo', ...flags.split(' '), '--out', world.path('runs')], {
    group: true,
    env: { TMPDIR: world.folder, ...env },
  });
  const exit = await running.exited;
  const { stdout, stderr } = running;
  const summary = JSON.parse(stdout.at(-1) ?? '') as Summary;
  const rounds = stdout.filter((line) => line.startsWith('round '));
  return { ...exit, summary, stdout, stderr, rounds, nobodyIsLeft: groupIsEmpty(running.pid) };
}

describe('the demonstration, as npm start runs it', () => {
  let run: Demo;
  const file = (name: string): Promise<Buffer> => readFile(join(run.summary.runDir, name));

  beforeAll(async () => {
    run = await demo('--clients 5 --rounds 3 --kill 2 --seed 7');
  });

  it('trains on MNIST although two of five client processes are killed, and exits with 0', () => {
    expect(run).toMatchObject({ code: 0, signal: null, nobodyIsLeft: true });
    expect(run.summary).toMatchObject({
      rounds: 3,
      dropped: [
        { member: 'client-5', state: 'masked-input', effect: 'before-input', round: 2 },
        { member: 'client-4', state: 'unmasking', effect: 'without-unmasking', round: 3 },
      ],
    });
    expect(run.summary.accuracy).toBeGreaterThan(0.95);
    expect(run.stderr.filter((line) => line.startsWith('SIGKILL to client-'))).toHaveLength(2);
    // They used to seek the coordinator for ever, and were ended by a signal.
    expect(run.stderr).toContain('3 clients have exited by themselves');
  });

  it('prints one line a round in the protocol’s words', () => {
    expect(run.rounds).toHaveLength(3);
    const [first, second, third] = run.rounds;
    expect(first).toContain('| advertised 5 · shared 5 · input 5 · consistent 5 · unmasked 5 | dropped: none |');
    expect(second).toContain(
      '| advertised 5 · shared 5 · input 4 · consistent 4 · unmasked 4 | dropped: client-5 at masked-input (does not count) |',
    );
    expect(third).toContain(
      '| advertised 4 · shared 4 · input 4 · consistent 4 · unmasked 3 | dropped: client-4 at unmasking (counts, sent no shares) |',
    );
    for (const line of run.rounds) {
      expect(line).toMatch(
        /\| up [\d.]+ [kM]?B, down [\d.]+ [kM]?B, \d+ ms \| masked mean loss 0\.\d{4} accuracy 0\.\d{4} over \d+ examples(?: \(\d clipped\))? \| test accuracy 0\.\d{4}$/,
      );
    }
  });

  it('leaves a run folder with the model, the reports and the clocks', async () => {
    expect((await readdir(run.summary.runDir)).sort()).toEqual([
      'config.json',
      'coordinator',
      'model.safetensors',
      'rounds.jsonl',
      'summary.json',
      'timings.json',
    ]);
    const { tensors, shapes, metadata } = decodeSafetensors(new Uint8Array(await file('model.safetensors')));
    expect(metadata).toMatchObject({ 'cairn.round': '3', 'cairn.version': expect.stringMatching(/^\d+\./) as string });
    expect(shapes).toEqual(mnistMlp().layout.shapes);
    expect(mnistMlp().layout.flatten(tensors).every(Number.isFinite)).toBe(true);
    const { runDir, ...results } = run.summary;
    expect(runDir.startsWith(world.path('runs'))).toBe(true);
    expect(JSON.parse((await file('summary.json')).toString())).toEqual(results);
    expect(JSON.parse((await file('config.json')).toString())).toMatchObject({ options: { clients: 5, seed: 7 } });
    expect(JSON.parse((await file('timings.json')).toString())).toMatchObject({ machine: { node: process.version } });
    const reports = (await file('rounds.jsonl')).toString().trim().split('\n');
    expect(reports.map((line) => (JSON.parse(line) as RoundReport).round)).toEqual([1, 2, 3]);
  });

  it('ends with a private prediction by the model that it has trained', async () => {
    const { privatePrediction } = run.summary;
    const [digit] = await loadMnistLabels('test');
    const network = readNetwork(new Uint8Array(await file('model.safetensors')));
    const image = (await loadMnist('test', { limit: 1 })).inputs;
    expect(privatePrediction).toMatchObject({ class: argmax(evaluateFloats(network, image)), label: digit });
    expect(privatePrediction.ms).toBeGreaterThan(0);
    expect(privatePrediction.bytes).toBeGreaterThan(1000);
    const line = run.stdout.find((text) => text.startsWith('asked privately (chameleon)'))!;
    expect(line).toContain(`is a ${privatePrediction.class}, `);
    expect(line).toContain(`label is ${digit}`);
    expect(line).toMatch(
      /: [\d.]+ ms and [\d.]+ kB after \d+ ms of preparation; its owner saw neither image nor answer$/,
    );
  });

  it('leaves no identity and no secret behind', async () => {
    expect(await readdir(world.folder)).toEqual(['runs']);
    const files = await readdir(run.summary.runDir, { recursive: true });
    expect(files.filter((name) => /identity|directory|secret/.test(name))).toEqual([]);
    for (const name of files.filter((file) => /\.jsonl?$/.test(file))) {
      expect((await file(name)).toString()).not.toMatch(/"(secret|seed)": ?"|authorityKey/);
    }
  });

  it('does what other --clients, --rounds, --kill and --seed say', async () => {
    const few = { CAIRN_MNIST_DIR: await fewMnist(world.path('few'), 600) };
    const other = await demo('--clients 3 --rounds 2 --kill 0 --seed 8', few);
    expect(other).toMatchObject({ code: 0, nobodyIsLeft: true, summary: { rounds: 2, dropped: [] } });
    expect(other.rounds.every((line) => line.includes('advertised 3'))).toBe(true);
    const third = await demo('--clients 3 --rounds 2 --kill 0 --seed 9', few);
    expect(third.summary.runDir).not.toBe(other.summary.runDir);
    // One loss may be the same by chance: rounding is random, and four digits are few.
    const metrics = ({ rounds }: Demo): (string | undefined)[] =>
      rounds.map((line) => /mean loss [\d.]+ accuracy [\d.]+/.exec(line)?.[0]);
    expect(metrics(other)).not.toContain(undefined);
    expect(metrics(third)).not.toEqual(metrics(other));
  });
});
