import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, Service, type TinyModel, writeModel, writeRows } from './support/inference.ts';
import { cairn, cairnOnce } from './support/running.ts';
import { World } from './support/world.ts';

let world: World;
let model: TinyModel;
let rows: Float32Array;

beforeEach(async () => {
  world = await World.create();
  model = await writeModel(world.path('tiny.safetensors'), 1);
  rows = await writeRows(world.path('rows.csv'), 2, 400);
});

afterEach(() => world.end());

/** Splits the model. @returns the files of a and of b */
async function split(folder = 'halves', ...more: string[]): Promise<readonly [a: string, b: string]> {
  const { code, stdout } = await cairnOnce(['serve', 'split', model.path, '--out', world.path(folder), ...more]);
  const files = [world.path(`${folder}/a.shares`), world.path(`${folder}/b.shares`)] as const;
  expect([code, stdout]).toEqual([0, files]);
  return files;
}

/** Both servers, with what each is told of a dealer. */
async function serve(
  [a, b]: readonly [string, string],
  [toA, toB]: readonly [readonly string[], readonly string[]] = [[], []],
): Promise<readonly [a: Service, b: Service]> {
  const second = await Service.start(['serve', '--shares', b, '--protocol', 'secureml', '--role', 'b', ...toB]);
  const first = ['serve', '--shares', a, '--protocol', 'secureml', '--role', 'a', '--peer', second.url, ...toA];
  return [await Service.start(first), second];
}

const expected = (first: number, last: number): readonly number[] =>
  model.classes(rows.subarray(4 * (first - 1), 4 * last), { system: 'secureml' });

describe('a model that two servers answer by SecureML', () => {
  it('is answered without a dealer, and neither server says anything of rows and answers', async () => {
    const [a, b] = await serve(await split());
    const input = ['--input', world.path('rows.csv'), '--rows', '1-5'];
    const asked = await ask([a.url, b.url, ...input]);
    expect([asked.code, asked.classes]).toEqual([0, expected(1, 5)]);
    const [offer] = asked.lines;
    expect(offer).toMatchObject({ kind: 'offer', system: 'secureml', dealer: 'transfers' });
    for (const server of [a, b]) {
      expect(server.lines('answered').map((line) => line['rows'])).toEqual([4, 1]);
      expect(offer!['planHash']).toBe(server.lines('serving')[0]!['planHash']);
      expect(server.running.stderr.some((line) => line.includes('do not work together'))).toBe(true);
      expect(server.running.stdout.slice(1).every((line) => !/class|score/.test(line))).toBe(true);
    }
    for (const [urls, exit, code] of [
      [[b.url, a.url], 3, 'server-role'],
      [[a.url, a.url], 3, 'server-role'],
      [[a.url], 3, 'server-role'],
    ] as const) {
      const refused = await ask([...urls, ...input]);
      expect([refused.code, refused.last]).toEqual([exit, expect.stringContaining(`[${code}]`)]);
    }
    for (const server of [a, b]) expect(await server.stop()).toEqual({ code: 130, signal: null });
  });

  it('is answered with a dealer that both servers ask, and with its files', async () => {
    const halves = await split();
    const dealer = await Service.start(['dealer']);
    const named = ['--dealer', dealer.url];
    const input = ['--input', world.path('rows.csv'), '--rows', '1-3'];
    const [a, b] = await serve(halves, [named, named]);
    expect((await ask([a.url, b.url, ...input])).classes).toEqual(expected(1, 3));
    expect(dealer.lines('dealt')).toHaveLength(1);
    for (const server of [a, b]) await server.stop();

    const file = world.path('pieces');
    const make = ['dealer', 'make', '--model', model.path, '--protocol', 'secureml', '--batch', '2', '--count', '2'];
    expect((await cairnOnce([...make, '--out', file])).code).toBe(0);
    const [c, d] = await serve(halves, [
      ['--dealer', `${file}.seeds`],
      ['--dealer', file],
    ]);
    expect((await ask([c.url, d.url, ...input])).classes).toEqual(expected(1, 3));
    const used = await ask([c.url, d.url, ...input]);
    expect([used.code, used.classes, used.last]).toEqual([1, [], expect.stringContaining('[dealt-used-up]')]);
  });

  it('is answered again after a server was killed in the middle', async () => {
    const halves = await split();
    const dealer = await Service.start(['dealer']);
    const [a, b] = await serve(halves, [
      ['--dealer', dealer.url, '--max-batch', '1'],
      ['--dealer', dealer.url, '--max-batch', '1'],
    ]);
    const input = ['--input', world.path('rows.csv')];
    const left = cairn(['predict', a.url, b.url, ...input]);
    await left.line('stderr', (line) => / of 400 rows answered$/.test(line));
    await b.stop('SIGKILL');
    expect((await left.exited).code).not.toBe(0);
    expect(left.stderr.at(-1)).toMatch(/^cairn: .*\[(inference-ended|session-closed|peer-unreachable)\]/);
    // What was answered before is told.
    const told = left.stdout.map((line) => Number(/^row \d+: class (\d)/.exec(line)![1]));
    expect(told.length).toBeGreaterThan(0);
    expect(told).toEqual(expected(1, told.length));
    await a.line('failed');
    const role = ['--role', 'b', '--dealer', dealer.url, '--port', b.port];
    const again = await Service.start(['serve', '--shares', halves[1], ...role]);
    expect((await ask([a.url, again.url, ...input, '--rows', '7'])).classes).toEqual(expected(7, 7));
  });

  it('is not answered by halves of two models, nor by files that are none', async () => {
    const [a] = await split();
    const [, b] = await split('others');
    const [first, second] = await serve([a, b]);
    const input = ['--input', world.path('rows.csv'), '--rows', '1'];
    const refused = await ask([first.url, second.url, ...input]);
    expect([refused.code, refused.classes]).toEqual([5, []]);
    expect(first.lines('failed').map(({ code }) => code)).toContain('link-refused');
    const cases: readonly (readonly [args: readonly string[], exit: number, code: string])[] = [
      [['--shares', b, '--role', 'a', '--peer', first.url], 2, 'usage'],
      [['--shares', a, '--role', 'a'], 2, 'usage'],
      [['--shares', b, '--role', 'b', '--peer', first.url], 2, 'usage'],
      [[model.path, '--shares', a], 2, 'usage'],
      [[model.path, '--role', 'a'], 2, 'usage'],
      [['--shares', model.path], 3, 'key-file-mode'],
      [['--shares', world.identity(1)], 3, 'model-malformed'],
      [['split', model.path, '--protocol', 'chameleon', '--out', world.path('halves')], 2, 'usage'],
      [['split', model.path, '--out', world.path('halves')], 3, 'config-invalid'],
      [['split', model.path, '--out', world.path('more'), '--port', '1'], 2, 'usage'],
      [['split', model.path, '--out', model.path], 3, 'folder-unwritable'],
    ];
    await world.enrol(1);
    for (const [args, exit, code] of cases) {
      const ended = await cairnOnce(['serve', ...args]);
      expect([args, ended.code, ended.stderr.at(-1)]).toEqual([args, exit, expect.stringContaining(`[${code}]`)]);
    }
    await rm(world.path('others'), { recursive: true });
  });
});
