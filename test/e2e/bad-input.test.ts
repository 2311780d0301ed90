import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TINY_APP, type Tiny, tinyEnv } from './support/client.ts';
import { coordinatorOfAnotherVersion } from './support/impostor.ts';
import { fewMnist } from './support/mnist.ts';
import { cairn, cairnOnce, type Exit } from './support/running.ts';
import { type CoordinatorProcess, type Fields, World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await World.create();
  await world.enrol(3);
});

afterAll(() => world.end());

/** Nobody listens on the port of a server that has closed. */
const NOBODY = 'http://127.0.0.1:1';

interface Ended extends Exit {
  readonly stderr: readonly string[];
}

/** One line that names cause and hint, no stack, and the code's exit. */
function expectRefusal(
  { code, stderr }: Ended,
  exit: number,
  errorCode: string,
  ...words: readonly (string | RegExp)[]
): void {
  const lines = stderr.filter((line) => line.startsWith('cairn: '));
  expect(lines, stderr.join('\n')).toHaveLength(1);
  expect(stderr.at(-1)).toBe(lines[0]);
  expect(lines[0]).toMatch(new RegExp(`^cairn: .+ \\[${errorCode}\\] — .+`));
  for (const word of words) expect(lines[0]).toMatch(word);
  expect(stderr.filter((line) => /^\s+at /.test(line))).toEqual([]);
  expect(code).toBe(exit);
}

async function expectRefused(
  args: readonly string[],
  exit: number,
  code: string,
  ...words: readonly (string | RegExp)[]
): Promise<void> {
  expectRefusal(await cairnOnce(args), exit, code, ...words);
}

describe('a command line that cannot be understood is one line, and exits with 2', () => {
  it.each<[string, readonly string[], ...(string | RegExp)[]]>([
    ['an unknown command', ['coordinatr'], /did you mean coordinator\?/i, 'see cairn --help'],
    ['an unknown option', ['join', NOBODY, '--shrad', '1/2'], /did you mean --shard\?/i, 'see cairn join --help'],
    [
      'a command without its subcommand',
      ['enrol'],
      'cairn enrol needs a command: init, request',
      'see cairn enrol --help',
    ],
    [
      'a missing option of a subcommand',
      ['enrol', 'request', 'ward-9'],
      '--authority',
      'see cairn enrol request --help',
    ],
    ['kills of more clients than there are', ['demo', '--kill', '9'], '--kill 9 leaves none of 8', 'kill fewer'],
    ['an error code like none', ['explain', 'nosuch'], /no error code "nosuch" \[usage\]/, 'lists all codes'],
    ['a missing address', ['join'], "missing required argument 'url'"],
    ['a shard beyond the last', ['join', NOBODY, '--shard', '8/8'], '8/8', 'INDEX from 0 to COUNT - 1'],
    ['a number that is none', ['demo', '--clients', 'many'], 'many', 'an integer from 1 to 200'],
    ['too many kills', ['demo', '--kill', '7'], '--kill 7 is too many', 'only 2 of 3 would be left', 'kill fewer'],
    ['too few clients', ['demo', '--clients', '2', '--kill', '0'], '--clients must be at least 3, but is 2'],
    ['neither identity nor consent', ['join', NOBODY], '--identity FILE', '--accept-curious'],
    ['an unknown error code', ['explain', 'below-treshold'], 'did you mean "below-threshold"?', 'lists all codes'],
    ['a drill at no state', ['join', NOBODY, '--hold', 'lunch'], 'masked-input'],
  ])('%s', async (_, args, ...words) => {
    await expectRefused(args, 2, 'usage', ...words);
  });
});

/** Folders of app modules so far. */
let modules = 0;

describe('a configuration that cannot work is one line, and exits with 3', () => {
  const CURIOUS = { cohort: 3, adversary: 'curious' };

  it.each<[string, Fields, Fields, string, ...(string | RegExp)[]]>([
    [
      'an unknown key',
      { ...CURIOUS, cohorte: 3 },
      {},
      'config-unknown-key',
      'unknown key "cohorte"; did you mean "cohort"?',
    ],
    ['an unknown key at the top', CURIOUS, { prot: 80 }, 'config-unknown-key', 'did you mean "port"?'],
    [
      'a threshold that is unsound for its class',
      { cohort: 9, threshold: 2 },
      {},
      'threshold-unsound',
      'threshold 2',
      'active',
      'the minimum sound threshold is',
      'omit threshold',
    ],
    [
      'a cohort below the threshold',
      { ...CURIOUS, threshold: 4 },
      {},
      'config-invalid',
      'quorum 3 is below threshold 4',
      'raise quorum',
    ],
    [
      'a number out of range',
      { ...CURIOUS, colluding: 1.5 },
      {},
      'config-invalid',
      'tasks[0].colluding: expected less than 1, but it is 1.5',
    ],
    [
      'an active task without a directory',
      { cohort: 3 },
      { directory: undefined },
      'config-invalid',
      'directory',
      'add the signed member directory',
    ],
    [
      'a sum that overflows',
      { ...CURIOUS, modulusBits: 16, inputBits: 16 },
      {},
      'overflow-budget',
      'tiny',
      'modulusBits',
    ],
  ])('%s', async (_, task, fields, code, ...words) => {
    const config = await world.configure(task, fields, 'refused.json');
    await expectRefused(['coordinator', config], 3, code, ...words);
  });

  it('a file that is not there, or is not JSON', async () => {
    await expectRefused(
      ['coordinator', world.path('nothing.json')],
      3,
      'config-unreadable',
      'nothing.json',
      'nothing.json does not exist',
    );
    await writeFile(world.path('broken.json'), '{ "port": 8080, }');
    await expectRefused(['coordinator', world.path('broken.json')], 3, 'config-unreadable', 'broken.json is not JSON');
  });

  it('a model file that is missing, malformed or too large: one exit code, and the path', async () => {
    const coordinatorWith = async (model: unknown): Promise<readonly string[]> => [
      'coordinator',
      await world.configure({ ...CURIOUS, model }, {}, 'model.json'),
    ];
    const file = world.path('none.safetensors');
    await expectRefused(await coordinatorWith({ file }), 3, 'model-malformed', file, 'no such file', 'model.file');
    const broken = world.path('broken.safetensors');
    await writeFile(broken, 'not a model at all');
    await expectRefused(await coordinatorWith({ file: broken }), 3, 'model-malformed', broken);
    const large = { tensors: { w: [20_000, 20_000] } };
    await expectRefused(await coordinatorWith(large), 3, 'model-too-large', '400000000', '268434432');
  });

  it('an identity file that others can read, or that is not there', async () => {
    await chmod(world.identity(3), 0o644);
    await expectRefused(['join', NOBODY, '--identity', world.identity(3)], 3, 'key-file-mode', 'mode 644', 'chmod 600');
    await expectRefused(['join', NOBODY, '--identity', world.path('none')], 3, 'config-unreadable', 'none');
  });

  it('an app module that is not there, or exports no app', async () => {
    const start = ['join', NOBODY, '--accept-curious', '--app'];
    for (const [text, ...words] of [
      ['export default { shapes: { w: [4] } };', 'the app has no data(), and has no train()'],
      [
        'export default { shapes: { w: 4 }, data() {}, train() {} };',
        'a shape of tensor "w" that is not a list of numbers',
      ],
      ['export default () => 1;', 'the app must be an object, but is a function'],
      ['export const model = 1;', 'does not export an app', 'neither as its default nor as `app`'],
    ]) {
      await writeFile(world.path('no-app.mjs'), text!);
      await expectRefused([...start, world.path('no-app.mjs')], 3, 'config-invalid', ...words, 'README');
    }
    await expectRefused([...start, world.path('none.mjs')], 3, 'config-unreadable', 'none.mjs', 'check the path');
  });

  // What people saw was "Unexpected identifier 'train'" and no file, or a stack of Cairn's and Node's own frames.
  it.each<[string, Readonly<Record<string, string>>, string, ...string[]]>([
    [
      'that cannot be parsed',
      { 'app.mjs': 'export default {\n  data() { return [1] }\n  train() {}\n};\n' },
      'app.mjs:3',
      'train() {}',
      "Unexpected identifier 'train'",
    ],
    [
      'that imports one that cannot be parsed',
      { 'app.mjs': "import './rows.mjs';\nthrow new Error('not this');\n", 'rows.mjs': '\nconst rows = ;\n' },
      'rows.mjs:2',
      'const rows = ;',
    ],
    ['in CommonJS that cannot be parsed', { 'app.cjs': '\nconst rows = ;\n' }, 'app.cjs:2', 'const rows = ;'],
    [
      'that throws',
      { 'app.mjs': "import { readFileSync } from 'node:fs';\n\nreadFileSync('/nowhere/rows.csv');\n" },
      'app.mjs:3: ENOENT',
      '/nowhere/rows.csv',
    ],
    [
      'that throws within a function, later',
      { 'app.mjs': "await 0;\nfunction load() {\n  throw new RangeError('licence ended');\n}\nload();\n" },
      'app.mjs:3: licence ended',
    ],
    ['that parses what is no JSON', { 'app.mjs': "\n\nJSON.parse('{ no');\n" }, 'app.mjs:3: '],
    ['that throws what is no error', { 'app.mjs': "throw 'no licence';\n" }, 'app.mjs cannot be loaded: no licence'],
    [
      'that imports what is not there',
      { 'app.mjs': "import 'pandas';\n" },
      "Cannot find package 'pandas' imported from",
    ],
  ])('an app module %s shows its own line, and no other', async (_, files, ...words) => {
    const folder = world.path(`module-${modules++}`);
    await mkdir(folder);
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const app = join(folder, Object.keys(files)[0]!);
    await expectRefused(['join', NOBODY, '--accept-curious', '--app', app], 1, 'app-failed', ...words);
  });

  it('a folder for runs that cannot be made', async () => {
    await writeFile(world.path('file'), '');
    await expectRefused(
      ['demo', '--out', world.path('file/runs')],
      3,
      'folder-unwritable',
      'file/runs',
      'choose another folder',
    );
  });
});

describe('a coordinator that cannot start', () => {
  it('because its port is taken, names the port and exits with 1', async () => {
    const taken = createServer();
    await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening));
    const { port } = taken.address() as AddressInfo;
    const config = await world.configure({ cohort: 3 }, { port }, 'taken.json');
    await expectRefused(['coordinator', config], 1, 'port-in-use', `127.0.0.1:${port}`, '--port');
    await new Promise((closed) => taken.close(closed));
  });

  it('because too few clients come, exits with 4', async () => {
    const config = await world.configure(
      { cohort: 3, quorumTimeout: 0.2, afterQuorumTimeout: 'fail' },
      { logLevel: 'silent' },
      'alone.json',
    );
    await expectRefused(
      ['coordinator', config, '--exit-when-done'],
      4,
      'not-enough-clients',
      '0 clients are present after 0.2 s, the quorum is 3',
      'start more clients',
    );
  });
});

describe('a client that cannot reach its coordinator', () => {
  it('exits with 1 when nobody answers', async () => {
    const args = ['join', NOBODY, '--accept-curious', '--app', TINY_APP, '--connect-timeout', '0.5'];
    await expectRefused(args, 1, 'unreachable', NOBODY, 'ECONNREFUSED', 'check the address');
  });

  it('says that it looks for it where there is nothing else to say for a while', async () => {
    const args = ['join', NOBODY, '--accept-curious', '--app', TINY_APP, '--connect-timeout', '3'];
    const { stderr } = await cairnOnce(args);
    expect(stderr).toContain(`looking for the coordinator at ${NOBODY}, once the data are loaded`);
  });

  it('exits with 5 when the coordinator speaks another protocol version', async () => {
    const other = await coordinatorOfAnotherVersion();
    await expectRefused(
      ['join', other.url, '--accept-curious', '--app', TINY_APP],
      5,
      'wire-version',
      'version',
      'install the same major version',
    );
    await other.close();
  });

  it('exits with 3 before it connects when its data are empty', async () => {
    const empty = world.path('empty.mjs');
    await writeFile(empty, 'export default { shapes: { w: [4] }, data: () => ({ rows: [] }), train() {} };');
    expectRefusal(
      await cairnOnce(['join', NOBODY, '--accept-curious', '--app', empty]),
      3,
      'data-empty',
      'data() returned no examples',
      'at least one example',
    );
    const env = { CAIRN_MNIST_DIR: await fewMnist(world.path('few'), 40) };
    const ended = await cairnOnce(['join', NOBODY, '--accept-curious', '--shard', '0/50'], { env });
    expectRefusal(ended, 3, 'data-empty', '40 examples cannot fill 50 shards');
  });

  it('exits with 1 when its data set is missing', async () => {
    await mkdir(world.path('empty'));
    const env = { CAIRN_MNIST_DIR: world.path('empty') };
    const ended = await cairnOnce(['join', NOBODY, '--accept-curious'], { env });
    expectRefusal(ended, 1, 'data-missing', world.path('empty'), 'IDX files');
    expectRefusal(
      await cairnOnce(['demo', '--out', world.path('runs')], { env }),
      1,
      'data-missing',
      world.path('empty'),
    );
  });
});

describe('a demonstration whose clients cannot start', () => {
  it('says in one line what the first of them said, and exits with 4', async () => {
    const folder = await fewMnist(world.path('half'), 10);
    await rm(world.path('half/train-labels-idx1-ubyte'));
    const env = { CAIRN_MNIST_DIR: folder };
    const ended = await cairnOnce(['demo', '--out', world.path('runs')], { env, group: true });
    expectRefusal(
      ended,
      4,
      'not-enough-clients',
      /client-\d exited by itself \(exit code 1\): there is no file/,
      'half/train-labels-idx1-ubyte',
      '[data-missing]',
    );
  });
});

describe('a client that cannot train', () => {
  let coordinator: CoordinatorProcess;

  beforeAll(async () => {
    // A cohort of three with two good members, so that it is the third that a round begins with.
    coordinator = await world.coordinator({ cohort: 3, adversary: 'curious', rounds: 1_000_000, attempts: 1_000_000 });
    for (const name of ['one', 'two']) world.guest(coordinator.url, {}, ['--name', name]);
  });

  // Each of these used to end the process; the coordinator's own faults did, too.
  it.each<[string, Tiny, string, ...(string | RegExp)[]]>([
    ['with NaN in its update', { step: NaN }, 'update-not-finite', '"w"', 'NaN', 'nothing was sent'],
    ['with infinite values in its update', { step: Infinity }, 'update-not-finite', '"w"', 'infinite'],
    ['without examples', { examples: 0 }, 'data-empty', 'training used 0', 'at least one example'],
    [
      'with a model of another shape',
      { size: 5 },
      'update-shape',
      '4 parameters',
      'tensor "w" is 4 in the task’s model and 5 in this app',
      'most likely this app is for another model',
    ],
  ])('%s says so in one line and stays, and the others go on', async (_, tiny, code, ...words) => {
    const args = ['join', coordinator.url, '--accept-curious', '--app', TINY_APP];
    const bad = cairn(args, { env: tinyEnv(tiny) });
    const line = await bad.line('stderr', (text) => text.includes('refused ['));
    expect(line).toMatch(new RegExp(`^round \\d+: refused \\[${code}\\] .+ — .+; this client stays`));
    for (const word of words) expect(line).toContain(word);
    const good = world.guest(coordinator.url, {});
    await good.event('committed');
    await good.sigint();
    bad.kill('SIGINT');
    expect((await bad.exited).code).toBe(130);
    expect(bad.stderr.filter((text) => text.includes('refused ['))).toHaveLength(1);
    expect(bad.stderr.filter((text) => /^\s+at /.test(text))).toEqual([]);
  });

  it('without --accept-curious, does not trust a coordinator that may lie, and waits for another round', async () => {
    const args = ['join', coordinator.url, '--identity', world.identity(1), '--app', TINY_APP];
    const wary = cairn(args);
    const line = await wary.line('stderr', (text) => text.includes('refused ['));
    expect(line).toMatch(/^round \d+: refused \[adversary-too-weak\] .*curious/);
    wary.kill('SIGINT');
    expect((await wary.exited).code).toBe(130);
  });
});

describe('--verbose', () => {
  it('shows the stack that is hidden without it', async () => {
    const { code, stderr } = await cairnOnce(['--verbose', 'coordinator', world.path('nothing.json')]);
    expect(code).toBe(3);
    expect(stderr[0]).toContain('[config-unreadable]');
    expect(stderr.some((line) => /^\s+at /.test(line))).toBe(true);
  });

  it('may stand behind the command too', async () => {
    const { stderr } = await cairnOnce(['coordinator', world.path('nothing.json'), '--verbose']);
    expect(stderr.some((line) => /^\s+at /.test(line))).toBe(true);
  });
});
