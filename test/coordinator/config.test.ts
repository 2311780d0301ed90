import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../../coordinator/config/index.ts';
import { errorOf, rejectionOf } from './support/errors.ts';

const directory = { file: 'members.bin', authorityKey: 'ab'.repeat(32) };
const task = { name: 'mnist', rounds: 3, cohort: 8, model: { tensors: { w: [2, 3] } } };
const withTask = (change: object): object => ({ directory, tasks: [{ ...task, ...change }] });

describe('a configuration', () => {
  it('needs little, and is completed with defaults', () => {
    const config = parseConfig({ directory, tasks: [task] });
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      dataDir: '.cairn/coordinator',
      logLevel: 'info',
      reconnectGraceMs: 3000,
      uploads: { stallMs: 10_000, minBytesPerSecond: 65_536 },
    });
    expect(config.tasks[0]).toEqual({
      ...task,
      model: { tensors: { w: [2, 3] } },
      quorum: 8,
      quorumTimeout: 0,
      afterQuorumTimeout: 'wait',
      overSelect: 0.3,
      minCohort: 4,
      adversary: 'active',
      unsafeOpenEnrolment: false,
      graph: 'auto',
      colluding: 0.25,
      dropout: 0.1,
      threshold: 0,
      inputBits: 16,
      modulusBits: 19,
      clip: 10,
      maxExamples: 1_000_000,
      lossBound: 2 ** 20,
      untrainedBound: 2 ** 22,
      scales: 'measured',
      suite: 1,
      strategy: { name: 'fedavg', learningRate: 1 },
      training: {},
      deadlines: { advertiseKeys: 120, shareKeys: 30, maskedInput: 60, consistencyCheck: 30, unmasking: 30 },
      pause: 0,
      retryPause: 1,
      attempts: 10,
      maxRepeats: 2,
      rebaseAfter: 600,
      rebaseAttempts: 3,
      maxRebases: 2,
      exclusionAttempts: 3,
      exclusionMinutes: 10,
    });
  });

  it('does not open a task to all clients unless it says so, nor an active one', () => {
    const curious = { ...task, adversary: 'curious' };
    expect(errorOf(() => parseConfig({ tasks: [curious] }))).toMatchObject({
      code: 'config-invalid',
      message:
        'directory: expected { file, authorityKey }, since task "mnist" takes enrolled members only, but it is missing',
      hint: expect.stringContaining('unsafeOpenEnrolment') as string,
    });
    expect(parseConfig({ directory, tasks: [curious] }).tasks[0]!.unsafeOpenEnrolment).toBe(false);
    const open = errorOf(() => parseConfig(withTask({ unsafeOpenEnrolment: true })));
    expect(open).toMatchObject({ code: 'config-invalid', message: expect.stringContaining('active') as string });
  });

  it.each(['example.org', 'ftp://example.org', 'https://example.org/?a', 'https://', 'https://a b', 'https://u:p@a'])(
    'takes no public address such as %s',
    (url) => {
      const error = errorOf(() => parseConfig({ ...withTask({}), publicUrls: [url] }));
      expect(error).toMatchObject({
        code: 'config-invalid',
        message: expect.stringContaining('publicUrls[0]') as string,
      });
    },
  );

  it.each(['tlsCert', 'tlsKey'])('does not take %s alone', (name) => {
    const error = errorOf(() => parseConfig({ ...withTask({}), [name]: 'file.pem' }));
    expect(error).toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(/^tls(Cert|Key): /) as string,
    });
    expect(error.message.startsWith(name)).toBe(false);
  });

  it('takes two limits, from which all others follow', () => {
    const { limits } = parseConfig({ ...withTask({}), limits: { perAddress: 2, total: 25 } });
    expect(limits).toMatchObject({ connections: 25, connectionsPerAddress: 2, strangers: 3 });
    expect(limits).toMatchObject({ connectsPerMinute: 12, requestsPerMinute: 24, downloadsPerMinute: 24 });
    const unset = parseConfig(withTask({})).limits;
    expect(unset).toMatchObject({ connections: 10_000, connectionsPerAddress: 512, strangers: 1000 });
    // What does not follow from them is the same for every coordinator.
    const { helloTimeoutMs, seatsPerMinute, roundsOfMessages, ipv6Prefix } = unset;
    expect(limits).toMatchObject({ helloTimeoutMs, seatsPerMinute, roundsOfMessages, ipv6Prefix });
  });

  it('refuses fewer connections than a task waits for', () => {
    const limits = { total: 4 };
    expect(errorOf(() => parseConfig({ ...withTask({ cohort: 5 }), limits }))).toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(/^limits\.total: 4 members .* waits for 5$/) as string,
    });
    expect(parseConfig({ ...withTask({ cohort: 4 }), limits }).limits.connections).toBe(4);
  });

  it('keeps training options unchanged', () => {
    const training = { epochs: 2, batchSize: 32, nested: { a: [1, 'b', null, true] } };
    expect(parseConfig(withTask({ training })).tasks[0]!.training).toEqual(training);
  });

  it('takes a strategy by name or with options', () => {
    const strategyOf = (strategy: unknown): unknown => parseConfig(withTask({ strategy })).tasks[0]!.strategy;
    expect(strategyOf('fedadam')).toEqual({ name: 'fedadam', learningRate: 0.01, beta1: 0.9, beta2: 0.99, tau: 0.001 });
    expect(strategyOf({ name: 'fedavgm', momentum: 0.5 })).toEqual({ name: 'fedavgm', learningRate: 1, momentum: 0.5 });
  });

  it('needs no directory if every task is open to all clients', () => {
    const open = { ...task, adversary: 'curious', unsafeOpenEnrolment: true };
    expect(parseConfig({ tasks: [open] }).directory).toBeUndefined();
  });

  it('with a cohort of thousands is checked without a noticeable delay', () => {
    expect(parseConfig(withTask({ cohort: 3000, quorum: 100, graph: 'complete' })).tasks[0]!.cohort).toBe(3000);
  });

  it('leaves its argument unchanged', () => {
    const value = { directory, tasks: [{ ...task }] };
    const before = structuredClone(value);
    parseConfig(value);
    expect(value).toEqual(before);
  });
});

describe('unknown keys', () => {
  it.each<[string, object, string]>([
    ['at the top', { ...withTask({}), prot: 1 }, 'the configuration: unknown key "prot"; did you mean "port"?'],
    ['in a task', withTask({ cohrot: 8 }), 'tasks[0]: unknown key "cohrot"; did you mean "cohort"?'],
    [
      'in limits',
      { ...withTask({}), limits: { perAdress: 3 } },
      'limits: unknown key "perAdress"; did you mean "perAddress"?',
    ],
    [
      'moved',
      { ...withTask({}), limits: { connections: 3, connectionsPerAddress: 2 } },
      'limits: unknown key "connections"; it is now "limits.total"; unknown key "connectionsPerAddress"; it is now "limits.perAddress"',
    ],
    [
      'that follow from another',
      { ...withTask({}), limits: { requestsPerMinute: 3 } },
      'limits: unknown key "requestsPerMinute"; it was removed, since it follows from "limits.perAddress": delete it, or set that',
    ],
    [
      'that nobody has to set',
      { ...withTask({}), uploads: { atOnce: 3 } },
      'the configuration: unknown key "uploads"; it was removed, since it is the same for every coordinator: delete it',
    ],
    ['in other case', withTask({ mincohort: 8 }), 'tasks[0]: unknown key "mincohort"; did you mean "minCohort"?'],
    [
      'in deadlines',
      withTask({ deadlines: { maskedInputs: 3 } }),
      'tasks[0].deadlines: unknown key "maskedInputs"; did you mean "maskedInput"?',
    ],
    [
      'renamed',
      withTask({ groups: { count: 3, rule: 'median', least: 2 } }),
      'tasks[0].groups: unknown key "least"; it is now called "minSums"',
    ],
    ['in a model', withTask({ model: { fil: 'x' } }), 'tasks[0].model: unknown key "fil"; did you mean "file"?'],
    [
      'in a strategy',
      withTask({ strategy: { name: 'fedadam', beta3: 0.9 } }),
      'tasks[0].strategy: unknown key "beta3"; did you mean "beta1"?',
    ],
    [
      'in the directory',
      { ...withTask({}), directory: { ...directory, path: 'x' } },
      'directory: unknown key "path"; there are file, authorityKey',
    ],
    [
      'before a missing key that was misspelt',
      { directory, tasks: [{ name: 'a', rouns: 2, cohort: 3 }] },
      'tasks[0]: unknown key "rouns"; did you mean "rounds"?',
    ],
  ])('%s', (_, value, message) => {
    expect(errorOf(() => parseConfig(value))).toMatchObject({ code: 'config-unknown-key', message });
  });
});

describe('bad values', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'the configuration: expected an object, but it is missing'],
    ['a list', [], 'the configuration: expected an object, but it is []'],
    ['no tasks', { directory }, 'tasks: expected a list, but it is missing'],
    ['an empty list of tasks', { directory, tasks: [] }, 'tasks: expected at least 1 entry, but it is []'],
    ['a string for a number', withTask({ cohort: 'ten' }), 'tasks[0].cohort: expected a number, but it is "ten"'],
    ['a broken number', withTask({ rounds: 1.5 }), 'tasks[0].rounds: expected an integer, but it is 1.5'],
    ['a cohort of one', withTask({ cohort: 1 }), 'tasks[0].cohort: expected at least 2, but it is 1'],
    ['NaN', withTask({ clip: Number.NaN }), 'tasks[0].clip: expected a number, but it is NaN'],
    ['a clip of zero', withTask({ clip: 0 }), 'tasks[0].clip: expected at least 5.421010862427522e-20, but it is 0'],
    ['all colluding', withTask({ colluding: 1 }), 'tasks[0].colluding: expected less than 1, but it is 1'],
    [
      'no connection at a time',
      { ...withTask({}), limits: { total: 0 } },
      'limits.total: expected at least 1, but it is 0',
    ],
    [
      'more connections than there are ports',
      { ...withTask({}), limits: { perAddress: 1e9 } },
      'limits.perAddress: expected at most 1000000, but it is 1000000000',
    ],
    ['a port out of range', { ...withTask({}), port: 70_000 }, 'port: expected at most 65535, but it is 70000'],
    [
      'an unknown adversary',
      withTask({ adversary: 'evil' }),
      'tasks[0].adversary: expected one of "active", "curious", but it is "evil"',
    ],
    [
      'a name with a slash',
      withTask({ name: '../x' }),
      'tasks[0].name: expected a name of at most 64 letters, digits, ".", "_" and "-", but it is "../x"',
    ],
    [
      'an unknown strategy',
      withTask({ strategy: 'fedadm' }),
      'tasks[0].strategy.name: unknown strategy "fedadm"; did you mean "fedadam"?',
    ],
    [
      'a model with nothing in it',
      withTask({ model: {} }),
      'tasks[0].model: expected either "file" (a safetensors file) or "tensors" (name → shape)',
    ],
    [
      'a model with both',
      withTask({ model: { file: 'a', tensors: { w: [1] } } }),
      'tasks[0].model: expected either "file" (a safetensors file) or "tensors" (name → shape)',
    ],
    [
      'a model without tensors',
      withTask({ model: { tensors: {} } }),
      'tasks[0].model.tensors: expected at least one tensor',
    ],
    [
      'an authority key in another form',
      { ...withTask({}), directory: { file: 'x', authorityKey: 'zz' } },
      'directory.authorityKey: expected 64 lower-case hex digits (an Ed25519 public key), but it is "zz"',
    ],
    [
      'training options that are too long',
      withTask({ training: { text: 'x'.repeat(17_000) } }),
      'tasks[0].training: expected at most 16384 bytes of JSON, but it has 17011',
    ],
    [
      'several faults',
      withTask({ rounds: 0, clip: -1 }),
      '2 mistakes: (1) tasks[0].rounds: expected at least 1, but it is 0; (2) tasks[0].clip: expected at least 5.421010862427522e-20, but it is -1',
    ],
    [
      'a name taken twice',
      { directory, tasks: [task, { ...task, name: 'MNIST' }] },
      'tasks[1].name: "MNIST" is taken by tasks[0]',
    ],
    ['a quorum above the cohort', withTask({ quorum: 9 }), 'tasks[0] "mnist": quorum 9 is greater than cohort 8'],
    [
      'a quorum below the threshold',
      withTask({ quorum: 6, threshold: 7 }),
      'tasks[0] "mnist": quorum 6 is below threshold 7',
    ],
    [
      'a quorum below minCohort',
      withTask({ quorum: 5, minCohort: 6 }),
      'tasks[0] "mnist": minCohort 6 is greater than quorum 5',
    ],
    [
      'a minCohort below the threshold',
      withTask({ minCohort: 5, threshold: 7 }),
      'tasks[0] "mnist": minCohort 5 is below threshold 7',
    ],
  ])('%s', (_, value, message) => {
    const error = errorOf(() => parseConfig(value));
    expect(error).toMatchObject({ code: 'config-invalid', message });
    expect(error.message).not.toContain('\n');
  });

  it('an active task without a directory', () => {
    expect(errorOf(() => parseConfig({ tasks: [task] }))).toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('directory: expected { file, authorityKey }, since task "mnist"') as string,
    });
  });
});

// An operator corrected one mistake, started again, met the next, and so on five times.
describe('every mistake in a configuration is reported in one run', () => {
  const messageOf = (value: unknown): string => errorOf(() => parseConfig(value)).message;

  it('whatever their kinds', () => {
    const error = errorOf(() =>
      parseConfig({
        directory,
        prot: 1,
        tasks: [
          { ...task, rounds: 'x' },
          { ...task, name: 'b', quorum: 9 },
        ],
      }),
    );
    expect(error).toMatchObject({ code: 'config-unknown-key', hint: 'correct each of them' });
    expect(error.message).toBe(
      '3 mistakes: (1) the configuration: unknown key "prot"; did you mean "port"?; ' +
        '(2) tasks[0].rounds: expected a number, but it is "x"; ' +
        '(3) tasks[1] "b": quorum 9 is greater than cohort 8 — set cohort to 9, or quorum to 8',
    );
  });

  it('of one task', () => {
    const message = messageOf(
      withTask({ quorum: 9, privacy: { epsilon: 1, sampling: 0.5 }, unsafeOpenEnrolment: true }),
    );
    expect(message).toMatch(/^2 mistakes: \(1\) .*unsafeOpenEnrolment is true.*; \(2\) .*privacy\.expected is missing/);
  });

  it('of several tasks, and of what they need together', () => {
    const message = messageOf({
      tlsCert: 'a.pem',
      tasks: [task, { ...task, name: 'MNIST' }, { ...task, name: 'c', minCohort: 20 }],
    });
    for (const part of ['4 mistakes', 'minCohort 20', 'tasks[1].name', 'tlsKey: ', 'directory: '])
      expect(message).toContain(part);
  });

  it('are reported by name even if an array has an extra field, as from the fuzzer', () => {
    const tasks = Object.assign([{}], { constructor: '' });
    expect(errorOf(() => parseConfig({ tasks, prot: 1 }))).toMatchObject({ code: 'config-unknown-key' });
  });

  it('two keys that are unknown', () => {
    expect(messageOf({ ...withTask({}), prot: 1, hots: 2 })).toContain(
      '"prot"; did you mean "port"?; unknown key "hots"',
    );
  });

  it('but not consequences of another: a misspelt key is not reported as missing, too', () => {
    expect(messageOf(withTask({ model: { fil: 'x' } }))).not.toContain('mistakes');
  });

  it('and no more than eight of them', () => {
    const tasks = Array.from({ length: 11 }, (_, i) => ({ ...task, name: `t${i}`, rounds: 0 }));
    expect(messageOf({ directory, tasks })).toMatch(/^11 mistakes: .*\(8\) tasks\[7\].*; and 3 more$/);
  });
});

describe('settings that cannot work are refused up front', () => {
  it('a threshold that is unsound for its class', () => {
    const error = errorOf(() => parseConfig(withTask({ threshold: 2 })));
    expect(error).toMatchObject({ code: 'threshold-unsound' });
    expect(error.message).toMatch(/^tasks\[0\] "mnist": threshold 2 is unsound .* 8 members/);
    expect(parseConfig(withTask({ threshold: 4, adversary: 'curious' })).tasks[0]!.threshold).toBe(4);
  });

  it('a threshold that is sound at the quorum, but not at the cohort', () => {
    const at = (cohort: number): object => withTask({ cohort, quorum: 8, threshold: 3, minCohort: 6 });
    expect(parseConfig(at(8)).tasks[0]!.threshold).toBe(3);
    expect(parseConfig(at(9)).tasks[0]!.threshold).toBe(3);
    expect(errorOf(() => parseConfig(at(12)))).toMatchObject({ code: 'threshold-unsound' });
  });

  it('a ring that is not safe', () => {
    expect(errorOf(() => parseConfig(withTask({ graph: 'ring' })))).toMatchObject({ code: 'no-feasible-graph' });
  });

  it('a sum that does not fit its modulus', () => {
    expect(parseConfig(withTask({ inputBits: 16, modulusBits: 19 })).tasks[0]!.modulusBits).toBe(19);
    expect(errorOf(() => parseConfig(withTask({ inputBits: 16, modulusBits: 18 })))).toMatchObject({
      code: 'overflow-budget',
      hint: expect.stringContaining('raise modulusBits to 19') as string,
    });
    const { code, hint } = errorOf(() => parseConfig(withTask({ cohort: 4000, inputBits: 28, modulusBits: 32 })));
    // The key is `cohort`: `maxCohort` is a name of the protocol's.
    expect([code, hint]).toEqual(['overflow-budget', 'lower the cohort to 16, or lower inputBits']);
  });
});

describe('a configuration file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cairn-config-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is read, and its paths count from its folder', async () => {
    const path = join(folder, 'cairn.json');
    await writeFile(path, JSON.stringify(withTask({ model: { file: 'models/start.safetensors' } })));
    const config = await loadConfig(path);
    expect(config.dataDir).toBe(join(folder, '.cairn/coordinator'));
    expect(config.directory?.file).toBe(join(folder, 'members.bin'));
    expect(config.tasks[0]!.model?.file).toBe(join(folder, 'models/start.safetensors'));
  });

  it('that is missing', async () => {
    const path = join(folder, 'none.json');
    expect(await rejectionOf(loadConfig(path))).toMatchObject({
      code: 'config-unreadable',
      message: `configuration file ${path} does not exist`,
    });
  });

  // An operator was told "Unexpected token o in JSON at position 15" and counted characters.
  it('that is not JSON is named with line and column', async () => {
    const path = join(folder, 'bad.json');
    await writeFile(path, '{\n  "tasks": [\n  oops ]\n}');
    expect(await rejectionOf(loadConfig(path))).toMatchObject({
      code: 'config-unreadable',
      message: `${path} is not JSON: line 3, column 3: expected a value`,
    });
  });

  it('may begin with a byte order mark, as written by Notepad', async () => {
    const path = join(folder, 'bom.json');
    await writeFile(path, `\uFEFF${JSON.stringify(withTask({}))}`);
    expect((await loadConfig(path)).tasks[0]!.name).toBe('mnist');
  });

  it('with a bad value', async () => {
    const path = join(folder, 'bad.json');
    await writeFile(path, JSON.stringify({ ...withTask({}), port: '80' }));
    expect(await rejectionOf(loadConfig(path))).toMatchObject({ code: 'config-invalid' });
  });

  it.each([
    ['an ES module', 'cairn.config.mjs', 'export default '],
    ['CommonJS', 'cairn.config.cjs', 'module.exports = '],
    ['what TypeScript compiled to CommonJS', 'compiled.config.cjs', 'exports.__esModule = true; exports.default = '],
  ])('may be %s, and its paths count from its folder', async (_, name, before) => {
    const path = join(folder, name);
    await writeFile(path, `${before}${JSON.stringify(withTask({}))};`);
    const config = await loadConfig(path);
    expect(config.tasks[0]!.name).toBe('mnist');
    expect(config.directory?.file).toBe(join(folder, 'members.bin'));
  });

  it('that is a module without a default export', async () => {
    const path = join(folder, 'none.mjs');
    await writeFile(path, 'export const tasks = [];');
    expect(await rejectionOf(loadConfig(path))).toMatchObject({
      code: 'config-invalid',
      message: `${path} has no configuration as its default export`,
    });
  });

  it('that is a module which throws', async () => {
    const path = join(folder, 'throws.mjs');
    await writeFile(path, "throw new Error('no PORT is set');");
    expect(await rejectionOf(loadConfig(path))).toMatchObject({
      code: 'config-unreadable',
      message: `${path} cannot be loaded: ${path}:1: no PORT is set`,
      hint: 'fix the module, or what it imports or reads',
    });
  });

  it('that is a module with an unknown key', async () => {
    const path = join(folder, 'typo.mjs');
    await writeFile(path, `export default ${JSON.stringify({ ...withTask({}), prot: 80 })};`);
    expect(await rejectionOf(loadConfig(path))).toMatchObject({ code: 'config-unknown-key' });
  });
});
