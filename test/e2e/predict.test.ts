import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { PNG } from 'pngjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readIdentity } from '../../client/index.ts';
import { BUILT_IN_NETWORKS } from '../../cli/inference/built-in.ts';
import { dial } from '../../inference/drivers/node.ts';
import { evaluateFloats } from '../../inference/index.ts';
import { asCairnError } from '../../protocol/errors.ts';
import { toHex } from '../../protocol/crypto/index.ts';
import { loadMnist } from '../../training/data/node/index.ts';
import { mnistMlp } from '../../training/index.ts';
import { certificate } from '../support/certificate.ts';
import { ask, Service, type TinyModel, writeModel, writeRows } from './support/inference.ts';
import { fewMnist } from './support/mnist.ts';
import { cairn, cairnOnce } from './support/running.ts';
import { World } from './support/world.ts';

let world: World;

beforeEach(async () => {
  world = await World.create();
});

afterEach(() => world.end());

const tiny = (seed = 1): Promise<TinyModel> => writeModel(world.path('tiny.safetensors'), seed);

const MAKE = ['dealer', 'make', '--model'];

/** The two files of a pair. */
async function pieces(model: string, count: number, ...more: string[]): Promise<{ owner: string; asker: string }> {
  const owner = world.path(`pieces-${count}`);
  const made = await cairnOnce([...MAKE, model, '--count', String(count), '--out', owner, ...more]);
  expect([made.code, made.stdout]).toEqual([0, [owner, `${owner}.seeds`]]);
  return { owner, asker: `${owner}.seeds` };
}

describe('a model that is served by Chameleon with a dealer', () => {
  it('answers rows of a table as in the clear, and says the cost on both sides', async () => {
    const model = await tiny();
    const rows = await writeRows(world.path('rows.csv'), 2, 9);
    const dealer = await Service.start(['dealer']);
    const served = await Service.start(['serve', model.path, '--dealer', dealer.url, '--max-batch', '4']);
    const asked = await ask([served.url, '--dealer', dealer.url, '--input', world.path('rows.csv')]);
    expect([asked.code, asked.classes]).toEqual([0, model.classes(rows)]);
    expect(new Set(asked.classes).size).toBeGreaterThan(1);

    const [serving] = served.lines('serving');
    const [offer] = asked.lines;
    expect(serving).toMatchObject({
      system: 'chameleon',
      name: 'tiny',
      reveal: 'class',
      bounds: 'proven',
      access: 'open',
    });
    expect(offer).toMatchObject({ kind: 'offer', name: 'tiny', rows: 9, maxBatch: 4, inputShape: [4] });
    expect(offer!['planHash']).toBe(serving!['planHash']);
    expect(asked.lines[1]).toEqual({
      kind: 'row',
      row: 1,
      class: asked.classes[0],
      name: expect.stringMatching(/red|green|blue/) as string,
    });
    const summary = asked.lines.at(-1)!;
    expect(summary).toMatchObject({ kind: 'summary', rows: 9, left: null });
    expect(served.lines('answered').map((line) => line['rows'])).toEqual([4, 4, 1]);
    expect(dealer.lines('dealt')).toHaveLength(3);
    // What both said beforehand is what passed, but for what steers the session.
    const said = (offer!['cost'] as Record<string, number>)['onlineMegabytes']!;
    const passed = served.lines('answered')[0]!['onlineMegabytes'] as number;
    expect(Math.abs(passed - said)).toBeLessThan(0.001);

    expect(await served.stop()).toEqual({ code: 130, signal: null });
    expect(await dealer.stop()).toEqual({ code: 130, signal: null });
  });

  it('says before it begins who learns what, and says nothing of rows and answers', async () => {
    const model = await tiny();
    await writeRows(world.path('rows.csv'), 2, 2);
    const dealer = await Service.start(['dealer']);
    const served = await Service.start(['serve', model.path, '--dealer', dealer.url]);
    const { code, stdout, stderr } = await cairnOnce([
      'predict',
      served.url,
      '--dealer',
      dealer.url,
      '--input',
      world.path('rows.csv'),
    ]);
    expect(code).toBe(0);
    expect(stdout).toHaveLength(2);
    for (const line of stdout) expect(line).toMatch(/^row [12]: class [012] \((red|green|blue)\)$/);
    for (const lines of [stderr, served.running.stderr]) {
      expect(
        lines.some((line) => line.includes('learn the class of each row') || line.includes('learns the class')),
      ).toBe(true);
      expect(lines.some((line) => line.includes('semi-honest'))).toBe(true);
      expect(lines.some((line) => / one-way trips in all/.test(line))).toBe(true);
    }
    const made = await cairnOnce([...MAKE, model.path, '--out', world.path('made'), '--count', '2', '--json']);
    expect(JSON.parse(made.stdout[0]!)).toMatchObject({
      kind: 'made',
      pieces: 2,
      planHash: served.lines('serving')[0]!['planHash'],
    });
    expect(served.running.stdout.slice(1).every((line) => !/class|score/.test(line))).toBe(true);
  });

  it('reveals scores only if its owner says so', async () => {
    const model = await tiny();
    const rows = await writeRows(world.path('rows.csv'), 3, 4);
    const dealer = await Service.start(['dealer']);
    const served = await Service.start(['serve', model.path, '--dealer', dealer.url, '--reveal', 'scores']);
    const asked = await ask([served.url, '--dealer', dealer.url, '--input', world.path('rows.csv'), '--rows', '2-3']);
    const floats = evaluateFloats(model.network, rows);
    const answered = asked.lines.filter(({ kind }) => kind === 'row');
    expect(answered.map(({ row }) => row)).toEqual([2, 3]);
    for (const { row, scores } of answered as { row: number; scores: number[] }[]) {
      for (const [at, score] of scores.entries()) expect(score).toBeCloseTo(floats[(row - 1) * 3 + at]!, 1);
    }
  });

  it('answers images of MNIST by its perceptron: IDX and PNG alike', async () => {
    const mlp = mnistMlp();
    const shapes = mlp.layout.shapes as Record<string, number[]>;
    const model = await writeModel(world.path('mlp.safetensors'), 5, { ...BUILT_IN_NETWORKS['mnist-mlp'] }, shapes);
    const folder = await fewMnist(world.path('few'), 20);
    const test = await loadMnist('test', { folder });
    const dealer = await Service.start(['dealer']);
    const served = await Service.start(['serve', model.path, '--dealer', dealer.url]);
    const args = [served.url, '--dealer', dealer.url];
    const images = await ask([...args, '--input', `${folder}/t10k-images-idx3-ubyte`]);
    expect([images.code, images.classes]).toEqual([0, model.classes(test.inputs)]);
    const png = new PNG({ width: 28, height: 28 });
    for (let pixel = 0; pixel < 784; pixel++) {
      const grey = Math.round(255 * test.inputs[pixel]!);
      png.data.set([grey, grey, grey, 255], 4 * pixel);
    }
    await writeFile(world.path('digit.png'), PNG.sync.write(png));
    expect((await ask([...args, '--input', world.path('digit.png')])).classes).toEqual(images.classes.slice(0, 1));
    const small = new PNG({ width: 27, height: 28 });
    await writeFile(world.path('small.png'), PNG.sync.write(small));
    const refused = await ask([...args, '--input', world.path('small.png')]);
    expect(refused.code).toBe(1);
    expect(refused.last).toContain('27 × 28 pixels, and the model takes 784 pixels, such as 28 × 28 [tensor-shape]');
    // As many pixels in another form are no digit.
    await writeFile(world.path('wide.png'), PNG.sync.write(new PNG({ width: 56, height: 14 })));
    expect((await ask([...args, '--input', world.path('wide.png')])).last).toContain('56 × 14 pixels');
  });

  it('answers over TLS whoever trusts its certificate', async () => {
    const { cert, key } = await certificate(world.folder);
    const model = await tiny();
    const rows = await writeRows(world.path('rows.csv'), 2, 2);
    const { owner, asker } = await pieces(model.path, 4);
    const tls = ['--tls-cert', cert, '--tls-key', key];
    const served = await Service.start(['serve', model.path, '--dealer', owner, ...tls]);
    expect(served.url).toMatch(/^https:/);
    const args = [served.url, '--dealer', asker, '--input', world.path('rows.csv')];
    expect((await ask(args, { NODE_EXTRA_CA_CERTS: cert })).classes).toEqual(model.classes(rows));
    const distrusting = await ask(args);
    expect([distrusting.code, distrusting.last]).toEqual([1, expect.stringContaining('[peer-unreachable]')]);
  });
});

describe('a dealer’s file', () => {
  it('answers as many questions as it has pieces, and the server serves on when it is used up', async () => {
    const model = await tiny();
    const rows = await writeRows(world.path('rows.csv'), 2, 3);
    const { owner, asker } = await pieces(model.path, 2);
    const served = await Service.start(['serve', model.path, '--dealer', owner]);
    const args = [served.url, '--dealer', asker, '--input', world.path('rows.csv')];
    const first = await ask([...args, '--rows', '1-2']);
    expect([first.code, first.classes]).toEqual([0, model.classes(rows.subarray(0, 8))]);
    for (let again = 0; again < 2; again++) {
      const refused = await ask(args);
      expect([refused.code, refused.classes, refused.last]).toEqual([
        1,
        [],
        expect.stringContaining('[dealt-used-up]'),
      ]);
    }
    expect(served.lines('failed').map(({ code }) => code)).toEqual(['dealt-used-up', 'dealt-used-up']);
  });

  it('of another pair, another plan or another side is refused by name', async () => {
    const model = await tiny();
    await writeRows(world.path('rows.csv'), 2, 1);
    const { owner, asker } = await pieces(model.path, 2);
    const other = await pieces(model.path, 3);
    const served = await Service.start(['serve', model.path, '--dealer', owner]);
    const input = ['--input', world.path('rows.csv')];
    const cases = [
      [['--dealer', other.asker], 5, 'dealt-mismatch', 'the file of another pair'],
      [['--dealer', other.owner], 5, 'dealt-mismatch', 'is for the corrected side'],
      [['--dealer', 'http://127.0.0.1:9'], 5, 'dealt-mismatch', 'the owner has a dealer’s file'],
      [[], 3, 'dealer-unnamed', '--dealer FILE.seeds'],
    ] as const;
    for (const [flags, exit, code, words] of cases) {
      const { code: ended, last } = await ask([served.url, ...input, ...flags]);
      expect([ended, last]).toEqual([exit, expect.stringContaining(`[${code}]`)]);
      expect(last).toContain(words);
    }
    // Nothing of it was taken.
    expect((await ask([served.url, ...input, '--dealer', asker])).code).toBe(0);
    await served.stop();
    const wrong = await cairnOnce(['serve', model.path, '--dealer', owner, '--fraction', '5', '--port', '0']);
    expect([wrong.code, wrong.stderr.at(-1)]).toEqual([
      5,
      expect.stringContaining('was dealt for another plan [dealt-mismatch]'),
    ]);
  });

  it('gives no piece twice although the asker and the server are killed in the middle', async () => {
    const model = await tiny();
    const rows = await writeRows(world.path('rows.csv'), 2, 400);
    const { owner, asker } = await pieces(model.path, 500);
    const input = ['--input', world.path('rows.csv'), '--dealer', asker];
    let served = await Service.start(['serve', model.path, '--dealer', owner]);
    const killed = cairn(['predict', served.url, ...input]);
    await killed.line('stderr', (line) => / of 400 rows answered$/.test(line));
    killed.kill('SIGKILL');
    expect((await killed.exited).signal).toBe('SIGKILL');
    expect(await served.line('failed')).toMatchObject({ code: 'inference-ended' });
    // It serves on.
    expect((await ask([served.url, ...input, '--rows', '1'])).classes).toEqual(model.classes(rows.subarray(0, 4)));

    const left = cairn(['predict', served.url, ...input]);
    await left.line('stderr', (line) => / of 400 rows answered$/.test(line));
    const before = served.lines('answered').length;
    await served.stop('SIGKILL');
    expect((await left.exited).code).toBe(5);
    expect(left.stderr.at(-1)).toContain('[inference-ended]');
    // What was answered before is told: it has been paid for.
    const told = left.stdout.map((line) => Number(/^row \d+: class (\d)/.exec(line)![1]));
    expect(told.length).toBeGreaterThan(0);
    expect(told).toEqual(model.classes(rows).slice(0, told.length));

    served = await Service.start(['serve', model.path, '--dealer', owner]);
    expect((await ask([served.url, ...input, '--rows', '2'])).classes).toEqual(model.classes(rows.subarray(4, 8)));
    const next = async (path: string): Promise<number> => {
      const last = (await readFile(`${path}.used`, 'utf8')).trim().split('\n').at(-1)!;
      return (JSON.parse(last) as { next: number }).next;
    };
    const used = await next(owner);
    // Each answer took a piece of its own; at worst one is wasted by each that was killed.
    const answered = before + served.lines('answered').length;
    expect(used).toBeGreaterThanOrEqual(answered);
    expect(await next(asker)).toBe(used);
  });
});

describe('an asker that is interrupted', () => {
  it('ends with 130, and its server serves on', async () => {
    const model = await tiny();
    const rows = await writeRows(world.path('rows.csv'), 2, 400);
    const dealer = await Service.start(['dealer']);
    const served = await Service.start(['serve', model.path, '--dealer', dealer.url, '--max-batch', '1']);
    const args = [served.url, '--dealer', dealer.url, '--input', world.path('rows.csv')];
    const asking = cairn(['predict', ...args]);
    await asking.line('stderr', (line) => / of 400 rows answered$/.test(line));
    asking.kill('SIGINT');
    expect(await asking.exited).toEqual({ code: 130, signal: null });
    // What was answered before has been printed.
    expect(asking.stdout.every((line) => /^row \d+: class /.test(line))).toBe(true);
    expect(asking.stdout.length).toBeGreaterThan(0);
    expect((await ask([...args, '--rows', '3'])).classes).toEqual(model.classes(rows.subarray(8, 12)));
  });
});

describe('what an owner allows', () => {
  it('bounds rows, and a restart gives none back', async () => {
    const model = await tiny();
    await writeRows(world.path('rows.csv'), 2, 2);
    const { owner, asker } = await pieces(model.path, 20);
    const args = ['serve', model.path, '--dealer', owner, '--max-queries', '3', '--queries', world.path('asked.jsonl')];
    const served = await Service.start(args);
    const input = ['--dealer', asker, '--input', world.path('rows.csv')];
    const first = await ask([served.url, ...input]);
    expect(first.said).toContain('the owner allows it; 2 more rows are left of its bound');
    expect(first.lines.at(-1)).toMatchObject({ kind: 'summary', left: 1 });
    await served.stop();
    const again = await Service.start(args);
    expect((await ask([again.url, ...input, '--rows', '1'])).lines.at(-1)).toMatchObject({ left: 0 });
    const refused = await ask([again.url, ...input, '--rows', '1']);
    expect([refused.code, refused.last]).toEqual([1, expect.stringContaining('[queries-used-up]')]);
    expect(again.lines('failed').map(({ code }) => code)).toEqual(['queries-used-up']);
  });

  it('answers members only, each under its own bound', async () => {
    const model = await tiny();
    await world.enrol(2);
    await writeRows(world.path('rows.csv'), 2, 2);
    const { authorityKey } = await readIdentity(world.identity(1));
    const { owner, asker } = await pieces(model.path, 20);
    const members = ['--directory', world.path('members.directory'), '--authority-key', toHex(authorityKey)];
    const served = await Service.start(['serve', model.path, '--dealer', owner, ...members, '--max-queries', '2']);
    const args = [served.url, '--dealer', asker, '--input', world.path('rows.csv')];
    const guest = await ask(args);
    expect([guest.code, guest.last]).toEqual([1, expect.stringContaining('[identity-required]')]);
    expect((await ask([...args, '--identity', world.identity(1)])).code).toBe(0);
    expect((await ask([...args, '--identity', world.identity(1)])).last).toContain('[queries-used-up]');
    const second = await ask([...args, '--identity', world.identity(2)]);
    expect([second.code, second.lines.at(-1)!['left']]).toEqual([0, 0]);
    const [mine, theirs] = [0, -1].map((at) => served.lines('answered').at(at)!['who']);
    expect(mine).toMatch(/^[0-9a-f]{64}$/);
    expect(theirs).not.toBe(mine);
  });
});

describe('bad input', () => {
  it('a network that the system cannot run is refused before anything listens, with those that can', async () => {
    const description = {
      version: 1,
      input: { shape: [1, 4, 4], range: [0, 1] },
      layers: [
        { kind: 'conv2d', weight: 'c' },
        { kind: 'maxPool', size: 2 },
        { kind: 'flatten' },
        { kind: 'dense', weight: 'd' },
      ],
    } as const;
    const shapes = { c: [2, 1, 3, 3], d: [2, 2] };
    const { path } = await writeModel(world.path('pooled.safetensors'), 1, description as never, shapes);
    const make = [...MAKE, path, '--count', '1', '--out', world.path('out')];
    for (const protocol of ['secureml', 'cryptonets']) {
      const refused = await cairnOnce([...make, '--protocol', protocol]);
      expect([refused.code, refused.stdout]).toEqual([3, []]);
      expect(refused.stderr.at(-1)).toContain('[network-unsupported]');
      expect(refused.stderr.at(-1)).toMatch(/layer 2 \(maxPool\)/);
      expect(refused.stderr.at(-1)).toContain('run it with chameleon');
    }
    const served = await cairnOnce(['serve', path, '--protocol', 'cryptonets', '--dealer', 'http://127.0.0.1:9']);
    expect([served.code, served.stdout]).toEqual([3, []]);
    expect(served.stderr).toHaveLength(1);
  });

  it('rows of another width or out of range are refused before they are asked about', async () => {
    const model = await tiny();
    const { owner, asker } = await pieces(model.path, 2);
    const served = await Service.start(['serve', model.path, '--dealer', owner]);
    const cases: readonly (readonly [text: string, exit: number, code: string, words: string])[] = [
      ['0.1,0.2,0.3\n', 1, 'data-malformed', 'expected 4 fields'],
      ['0.1,0.2,0.3,x\n0.1,0.2,0.3,y\n', 1, 'data-malformed', 'row 1, column "4"'],
      ['a,b,c,d\n', 3, 'data-empty', 'no rows'],
      ['0,0,0,0\n0,0,2,0\n', 3, 'input-range', 'row 2, value 3'],
    ];
    for (const [text, exit, code, words] of cases) {
      await writeFile(world.path('rows.csv'), text);
      const { code: ended, last } = await ask([served.url, '--dealer', asker, '--input', world.path('rows.csv')]);
      expect([ended, last]).toEqual([exit, expect.stringContaining(`[${code}]`)]);
      expect(last).toContain(words);
    }
    await writeFile(world.path('rows.csv'), 'a;b;c;d\n0.5;0;1;0\n');
    const args = [served.url, '--dealer', asker, '--input', world.path('rows.csv')];
    expect((await ask([...args, '--rows', '1-2'])).last).toContain('has 1 rows [usage]');
    expect((await ask(args)).classes).toEqual(model.classes(Float32Array.of(0.5, 0, 1, 0)));
    expect(served.lines('failed')).toEqual([]);
  });

  it('garbage on the wire, and whoever leaves, cost a server and a dealer one line each', async () => {
    const model = await tiny();
    await writeRows(world.path('rows.csv'), 2, 1);
    const dealer = await Service.start(['dealer']);
    const served = await Service.start(['serve', model.path, '--dealer', dealer.url]);
    // @returns the code with which the service ends the session
    const send = async (url: string, message: string | Uint8Array): Promise<string> => {
      const channel = await dial(url.replace('http', 'ws'), 60_000);
      if (url.endsWith('/ask')) await channel.receiveText();
      if (typeof message === 'string') channel.sendText(message);
      else channel.send(message);
      return channel.receiveText().then(
        () => 'answered',
        (thrown: unknown) => asCairnError(thrown).code,
      );
    };
    expect(await send(`${served.url}/ask`, 'garbage')).toBe('wire-not-canonical');
    expect(await send(`${served.url}/ask`, new Uint8Array(1000))).toBe('wire-type');
    expect(await send(`${dealer.url}/deal`, '{"kind":"deal","bytes":99999999}')).toBe('wire-bounds');
    const raw = connect(Number(served.port), '127.0.0.1');
    raw.on('error', () => undefined).resume();
    raw.end('\u0000\u0001garbage\r\n\r\n');
    await new Promise((resolve) => raw.once('close', resolve));
    expect(served.lines('failed').map(({ code }) => code)).toEqual(['wire-not-canonical', 'wire-type']);
    expect(await dealer.line('refused')).toMatchObject({ code: 'wire-bounds' });
    expect((await ask([served.url, '--dealer', dealer.url, '--input', world.path('rows.csv')])).code).toBe(0);
  });

  it('a server that is not there, a port that is taken, and flags that contradict each other', async () => {
    const model = await tiny();
    await writeRows(world.path('rows.csv'), 2, 1);
    const dealer = await Service.start(['dealer']);
    const input = ['--input', world.path('rows.csv')];
    const cases: readonly (readonly [args: readonly string[], exit: number, code: string])[] = [
      [['predict', 'http://127.0.0.1:9', ...input], 1, 'peer-unreachable'],
      [['predict', dealer.url, ...input], 1, 'peer-unreachable'],
      [['predict', 'http://192.0.2.1', ...input], 3, 'unsafe-plain-http'],
      [['predict', 'model.safetensors', ...input], 3, 'config-invalid'],
      [['dealer', '--port', dealer.port], 1, 'port-in-use'],
      [['dealer', '--host', '0.0.0.0'], 3, 'unsafe-plain-http'],
      [['serve', model.path], 2, 'usage'],
      [['serve', model.path, '--dealer', dealer.url, '--queries', 'file'], 2, 'usage'],
      [['serve', model.path, '--dealer', dealer.url, '--input-range', '-5,5'], 2, 'usage'],
      [['serve', model.path, '--dealer', dealer.url, '--input-range', '5,-5'], 2, 'usage'],
      [['serve', model.path, '--dealer', dealer.url, '--directory', 'file'], 2, 'usage'],
      [['serve', model.path, '--dealer', world.path('none')], 3, 'config-unreadable'],
      [['serve', world.path('none'), '--dealer', dealer.url], 3, 'config-unreadable'],
      [['serve', model.path, '--dealer', model.path], 3, 'key-file-mode'],
    ];
    for (const [args, exit, code] of cases) {
      const { code: ended, stdout, stderr } = await cairnOnce(args);
      expect([args, ended, stdout, stderr.at(-1)]).toEqual([args, exit, [], expect.stringContaining(`[${code}]`)]);
    }
  });
});
