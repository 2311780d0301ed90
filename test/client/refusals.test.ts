import { beforeEach, describe, expect, it } from 'vitest';
import { serialsInMemory } from '../../client/enrolment/serial-memory.ts';
import type { App, TrainingResult } from '../../client/app.ts';
import type { JoinOptions } from '../../client/options.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { generateIdentity } from '../../protocol/crypto/keys.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import { encodeSafetensors } from '../../protocol/model/safetensors.ts';
import {
  type DirectoryDates,
  type DirectoryEntry,
  openDirectory,
  signDirectory,
} from '../../protocol/wire/directory.ts';
import { decodeAbort } from '../../protocol/wire/messages/abort.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';
import { enrolled, LASTING } from '../support/directory.ts';
import type { ScriptedCoordinator } from './support/coordinator.ts';
import { gate, GUEST, settingsFor, StepApp } from './support/rounds.ts';
import { modelFile } from './support/rounds.ts';
import { useClients } from './support/session.ts';

const { coordinator: start, enter } = useClients();
let coordinator: ScriptedCoordinator;

beforeEach(async () => {
  coordinator = await start();
});

/** Invites one client to a round that it has to refuse, and gives what its user and the coordinator hear. */
async function refusal(
  settings: (hash: Uint8Array) => RoundSettings,
  app = new StepApp(),
  options: JoinOptions = {},
  file = modelFile(),
) {
  const client = enter(coordinator.url, app, options);
  await coordinator.seats(1);
  coordinator.invite(settings(coordinator.publish(file)), coordinator.members[0]!);
  const event = await client.log.next('refused');
  const abort = await coordinator.message('abort');
  return { ...client, event, abort: decodeAbort(abort.bytes) };
}

/** What `closed` rejects with. */
async function failure(closed: Promise<unknown>): Promise<CairnError> {
  const error: unknown = await closed.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CairnError) return error;
  throw new Error(`expected a CairnError, got ${String(error)}`);
}

describe('what comes from the app', () => {
  const broken = (change: StepApp['change']): StepApp => Object.assign(new StepApp(), { change });
  const withBias = (bias: Float32Array): StepApp =>
    broken((result) => ({ ...result, parameters: { ...result.parameters, bias } }));

  /** What a JavaScript app may return, whatever its type says. */
  const returning = (value: unknown): StepApp => broken(() => value as TrainingResult);
  const changed = (change: object): StepApp => broken((result) => ({ ...result, ...change }));

  // One bad training used to end the process of every member that had one, and the operator read `member-left`.
  it.each<[string, StepApp, ErrorCode, ErrorCode, RegExp]>([
    ['NaN in a tensor', withBias(Float32Array.of(0, NaN, 0)), 'update-not-finite', 'update-refused', /"bias"/],
    ['an infinite value', withBias(Float32Array.of(0, 0, -Infinity)), 'update-not-finite', 'update-refused', /"bias"/],
    [
      'a tensor of another size',
      withBias(new Float32Array(4)),
      'update-shape',
      'update-refused',
      /train\(\) returned .*"bias": expected 3 values.*got 4/,
    ],
    [
      'a missing tensor',
      broken((r) => ({ ...r, parameters: { bias: r.parameters.bias! } })),
      'update-shape',
      'update-refused',
      /"kernel" is missing/,
    ],
    ['no examples', changed({ examples: 0 }), 'data-empty', 'update-refused', /used 0/],
    ['a loss that is NaN', changed({ loss: NaN }), 'update-not-finite', 'update-refused', /loss .* NaN/],
    ['nothing', returning(undefined), 'app-failed', 'app-failed', /train\(\) returned nothing; expected \{ parameters/],
    ['null', returning(null), 'app-failed', 'app-failed', /returned null; expected/],
    ['a number', returning(0.5), 'app-failed', 'app-failed', /returned 0.5; expected \{ parameters/],
    ['a list', returning([1, 2]), 'app-failed', 'app-failed', /returned an array; expected/],
    ['no parameters', changed({ parameters: undefined }), 'app-failed', 'app-failed', /undefined.*bias, kernel/],
    [
      'a tensor of another library',
      changed({ parameters: { bias: { dataSync: () => [1] }, kernel: new Float32Array(4) } }),
      'app-failed',
      'app-failed',
      /tensor "bias" that is an object; expected a Float32Array/,
    ],
    [
      'nested lists',
      changed({
        parameters: {
          bias: new Float32Array(3),
          kernel: [
            [1, 2],
            [3, 4],
          ],
        },
      }),
      'app-failed',
      'app-failed',
      /tensor "kernel" that is an array; expected a Float32Array/,
    ],
    ['examples: undefined', changed({ examples: undefined }), 'app-failed', 'app-failed', /undefined: an integer/],
    ['examples that are NaN', changed({ examples: NaN }), 'app-failed', 'app-failed', /NaN: an integer/],
    ['examples as text', changed({ examples: '10' }), 'app-failed', 'app-failed', /"10": an integer/],
    ['half an example', changed({ examples: 1.5 }), 'app-failed', 'app-failed', /1.5: an integer/],
    ['no loss', changed({ loss: undefined }), 'app-failed', 'app-failed', /loss that is undefined; expected a number/],
    ['accuracy as text', changed({ accuracy: '97 %' }), 'app-failed', 'app-failed', /accuracy .*"97 %"/],
  ])(
    '%s costs the round alone, and the coordinator hears of which class it was',
    async (_, app, code, told, message) => {
      const { event, abort, log } = await refusal(settingsFor, app);
      expect(event).toMatchObject({ code, message: expect.stringMatching(message) as string, repeated: false });
      expect(event.hint).not.toBe('');
      expect(abort).toMatchObject({ code: told, message: 'the client left the round' });
      expect(coordinator.received.map(({ name }) => name)).toEqual(['abort']);
      app.change = (result) => result;
      coordinator.invite(settingsFor(coordinator.publish(modelFile())), coordinator.members[0]!);
      await coordinator.message('advertiseKeys');
      expect(log.of('failed')).toEqual([]);
    },
  );

  it('an error of the app shows its own line to its user, and no word of it to the coordinator', async () => {
    const app = new StepApp();
    app.before = () => {
      throw new Error('secret path /home/alice/data');
    };
    const { event, abort, log } = await refusal(settingsFor, app);
    expect(event.code).toBe('app-failed');
    expect(event.message).toMatch(
      /^the app’s train\(\) failed: secret path \/home\/alice\/data \(.*refusals\.test\.ts:\d+\)$/,
    );
    expect(abort).toMatchObject({ code: 'app-failed', message: 'the client left the round' });
    app.before = () => undefined;
    coordinator.invite(settingsFor(coordinator.publish(modelFile())), coordinator.members[0]!);
    await coordinator.message('advertiseKeys');
    expect(log.of('failed')).toEqual([]);
  });

  it.each<[ErrorCode, ErrorCode, ErrorCode]>([
    ['policy-task', 'app-failed', 'app-failed'],
    ['memory-lost', 'app-failed', 'app-failed'],
    ['config-unknown-key', 'settings-invalid', 'settings-invalid'],
    ['data-malformed', 'data-malformed', 'app-failed'],
  ])(
    'an app that throws %s neither ends the client by it nor makes the coordinator read its words',
    async (code, own, told) => {
      const app = new StepApp();
      app.before = () => {
        throw new CairnError(code, 'patient Alice is in ward 3');
      };
      const { event, abort, log } = await refusal(settingsFor, app);
      expect(event).toMatchObject({ code: own, message: expect.stringContaining('Alice') as string });
      expect(abort).toMatchObject({ code: told, message: 'the client left the round' });
      expect(log.of('failed')).toEqual([]);
    },
  );

  it('a policy that tells no reasons says only that the member left', async () => {
    const app = changed({ examples: 0 });
    const { event, abort } = await refusal(settingsFor, app, { policy: { ...GUEST.policy, tellReason: false } });
    expect(event.code).toBe('data-empty');
    expect(abort).toMatchObject({ code: 'member-left', message: 'the client left the round' });
  });

  it('a refusal is told as repeated until a round ends otherwise, or its cause is another', async () => {
    const app = changed({ loss: NaN });
    const { log } = await refusal(settingsFor, app);
    const hash = coordinator.publish(modelFile());
    const [member] = coordinator.members;
    // That others' refusals end a round before this client has come to its own is no news either.
    const { opened, open } = gate();
    app.before = () => opened;
    const early = coordinator.invite(settingsFor(hash), member!);
    await log.next('training', 2);
    coordinator.abandon(early, member!);
    await log.next('abandoned');
    open();
    coordinator.invite(settingsFor(hash), member!);
    await log.next('refused', 2);
    // Another task has its own.
    coordinator.invite(settingsFor(hash, { task: 'letters' }), member!);
    await log.next('refused', 3);
    app.change = (result) => ({ ...result, examples: 0 });
    coordinator.invite(settingsFor(hash), member!);
    await log.next('refused', 4);
    app.change = (result) => result;
    const taken = coordinator.invite(settingsFor(hash), member!);
    await coordinator.message('advertiseKeys');
    coordinator.abandon(taken, member!);
    await log.next('abandoned', 2);
    app.change = (result) => ({ ...result, examples: 0 });
    coordinator.invite(settingsFor(coordinator.publish(modelFile(1))), member!);
    await log.next('refused', 5);
    expect(log.of('refused').map(({ repeated }) => repeated)).toEqual([false, true, false, false, false]);
  });

  it('an error while data are loaded is the app’s, with its own words', async () => {
    const app = new StepApp();
    app.data = () => {
      throw new Error('no such file patients.csv');
    };
    const { participation } = enter(coordinator.url, app);
    expect(await failure(participation.closed)).toMatchObject({
      code: 'app-failed',
      message: expect.stringMatching(
        /^the app’s data\(\) failed: no such file patients\.csv \(.*refusals\.test\.ts:\d+\)$/,
      ) as string,
    });
    expect(coordinator.hellos).toEqual([]);
  });

  // An empty shard used to be found out in the first round, when the quorum had counted its client already.
  it.each<[string, unknown]>([
    ['a list', []],
    ['columns', { inputs: new Float32Array(), labels: [] }],
    ['a count of them', { examples: 0, inputs: new Float32Array() }],
    ['a map', new Map()],
  ])('data without examples keep the client from connecting: %s', async (_, data) => {
    const app = { shapes: new StepApp().shapes, data: () => data, train: () => Promise.reject(new Error('not this')) };
    const { participation } = enter(coordinator.url, app);
    expect(await failure(participation.closed)).toMatchObject({
      code: 'data-empty',
      message: expect.stringContaining('returned no examples') as string,
    });
    expect(coordinator.hellos).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['nothing at all', undefined],
    ['one row', [[1]]],
    ['a loader whose cache is empty', { folder: 'scans', cache: [] }],
    ['examples beside an empty list', { inputs: [1], labels: [] }],
  ])('data whose examples cannot be counted are no reason: %s', async (_, data) => {
    enter(coordinator.url, {
      shapes: new StepApp().shapes,
      data: () => data,
      train: () => Promise.reject(new Error('not this')),
    });
    await coordinator.seats(1);
  });

  it.each<[string, unknown, RegExp]>([
    ['a string', 'app.mjs', /must be an object, but is of type string/],
    ['a function', () => 1, /must be an object, but is a function/],
    ['no train()', { shapes: { w: [1] }, data: () => 1 }, /^the app has no train\(\)$/],
    ['neither data() nor train()', { shapes: { w: [1] } }, /has no data\(\), and has no train\(\)/],
    ['no shapes', { data: () => 1, train: () => 1 }, /has no shapes/],
    [
      'a shape that is a number',
      { shapes: { w: 4 }, data: () => 1, train: () => 1 },
      /"w" that is not a list of numbers/,
    ],
    [
      'train that is not a function',
      { shapes: { w: [1] }, data: () => 1, train: 1 },
      /has a train that is not a function/,
    ],
  ])('an app that is, or has, %s is refused by what it lacks', (_, app, message) => {
    expect(() => enter(coordinator.url, app as App)).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringMatching(message) as string }) as Error,
    );
  });

  it('data that cannot be loaded keeps the client from connecting', async () => {
    const app = new StepApp();
    app.data = () => {
      throw new CairnError('data-missing', 'mnist is not installed');
    };
    const { participation } = enter(coordinator.url, app);
    expect((await failure(participation.closed)).code).toBe('data-missing');
    expect(coordinator.hellos).toEqual([]);
  });
});

describe('what comes from the coordinator', () => {
  it('another model than the settings name is not trained on', async () => {
    const wanted = coordinator.publish(modelFile(1));
    coordinator.models.set(toHex(wanted), modelFile(2));
    const { event, app } = await refusal(() => settingsFor(wanted));
    expect(event.code).toBe('model-hash');
    expect(app.contexts).toEqual([]);
  });

  it.each([
    ['NaN', NaN],
    ['infinity', Infinity],
  ])('a model with %s is not trained on', async (_, value) => {
    const { event, app } = await refusal(settingsFor, new StepApp(), {}, modelFile(value));
    expect(event).toMatchObject({ code: 'model-malformed', message: expect.stringContaining('"bias"') as string });
    expect(app.contexts).toEqual([]);
  });

  it.each([
    ['of another shape', { bias: [3], kernel: [4] }, /"kernel" is 4 in the task’s model and 2×2 in this app/],
    ['that the app has not', { bias: [3], other: [4] }, /has a tensor "other"/],
  ])('a model with a tensor %s is refused by its name', async (_, shapes, message) => {
    const { event, abort, log } = await refusal(settingsFor, new StepApp(), {}, modelFile(0, shapes));
    expect(event).toMatchObject({
      code: 'update-shape',
      message: expect.stringMatching(message) as string,
      hint: expect.stringContaining('most likely this app is for another model') as string,
    });
    expect(abort).toMatchObject({ code: 'update-refused', message: 'the client left the round' });
    expect(log.of('failed')).toEqual([]);
  });

  it('a tensor that the model keeps and the app would train is refused by its name and type', async () => {
    const file = encodeSafetensors(
      { bias: new Float32Array(3) },
      { bias: [3] },
      {},
      {
        kernel: { dtype: 'I32', shape: [2, 2], bytes: new Uint8Array(16) },
      },
    );
    const { event } = await refusal(settingsFor, new StepApp(), {}, file);
    expect(event).toMatchObject({
      code: 'update-shape',
      message: expect.stringContaining('"kernel" has type I32') as string,
    });
    expect(event).toMatchObject({ hint: expect.stringContaining('shapes') as string });
  });

  it('a missing tensor is refused by its name', async () => {
    const file = encodeSafetensors({ bias: new Float32Array(7) }, { bias: [7] });
    const { event } = await refusal(
      settingsFor,
      Object.assign(new StepApp(), { shapes: { bias: [7], kernel: [1] } }),
      {},
      file,
    );
    expect(event.message).toMatch(/8|no tensor "kernel"/);
  });

  // Two counts of parameters told nobody which layer was another one.
  it.each<[string, Uint8Array | undefined, RegExp]>([
    [
      'names the tensor and both shapes',
      modelFile(0, { bias: [4], kernel: [2, 2] }),
      /8 parameters, this app’s 7: tensor "bias" is 4 in the task’s model and 3 in this app$/,
    ],
    [
      'names a tensor that this app does not have',
      modelFile(0, { bias: [3], kernel: [2, 2], scale: [] }),
      /8 parameters, this app’s 7: .* a tensor "scale" \(a scalar\) that this app does not have: this app has bias, kernel$/,
    ],
    ['names both sizes where the file is not served', undefined, /has 8 parameters, this app’s 7$/],
    ['names both sizes where it is no model', new Uint8Array(2 ** 21).fill(7), /has 8 parameters, this app’s 7$/],
    ['names both sizes where its head is endless', new Uint8Array(2 ** 22).fill(0x20), /has 8 parameters, .* 7$/],
  ])('a model of another size is refused, and the refusal %s', async (_, file, message) => {
    const { event, app, log } = await refusal(
      (hash) => settingsFor(file === undefined ? hash.map((byte) => byte ^ 1) : hash, { dimension: 8 }),
      new StepApp(),
      {},
      file,
    );
    expect(event).toMatchObject({ code: 'update-shape', message: expect.stringMatching(message) as string });
    expect(app.contexts).toEqual([]);
    expect(log.of('failed')).toEqual([]);
  });

  it('a model file that is far too long is not read to its end', async () => {
    const { event } = await refusal(settingsFor, new StepApp(), {}, new Uint8Array(2 ** 24 + 2 ** 16));
    expect(event.code).toBe('wire-bounds');
  });

  // One typo in the coordinator's `training` used to end the process of every member.
  it.each(['[1]', '{', '"text"'])(
    'training options that are no object are refused for the round: %s',
    async (training) => {
      const { event, abort, log } = await refusal((hash) => settingsFor(hash, { training }));
      expect(event).toMatchObject({
        code: 'settings-invalid',
        hint: expect.stringContaining('coordinator’s') as string,
      });
      expect(abort).toMatchObject({ code: 'settings-invalid', message: 'the client left the round' });
      coordinator.invite(settingsFor(coordinator.publish(modelFile())), coordinator.members[0]!);
      await coordinator.message('advertiseKeys');
      expect(log.of('failed')).toEqual([]);
    },
  );

  it('a sum of fewer than the policy asks is refused, and the client waits for another', async () => {
    const { event, abort, log } = await refusal(settingsFor, new StepApp(), {
      policy: { adversary: 'curious', minCohort: 3 },
    });
    expect(event.code).toBe('cohort-too-small');
    expect(abort.code).toBe('cohort-too-small');
    expect(log.of('failed')).toEqual([]);
  });
});

describe('a client that fears an active coordinator', () => {
  const authority = generateIdentity(nodePrimitives, systemRandom);
  const keys = generateIdentity(nodePrimitives, systemRandom);
  const active: JoinOptions = {
    identity: { member: 5, keys },
    authorityKey: authority.publicKey,
    policy: { adversary: 'active', minCohort: 2 },
  };
  const activeRound = (hash: Uint8Array): RoundSettings => settingsFor(hash, { adversary: 'active' });
  const entries = [enrolled(5, keys.publicKey)];

  it('refuses a round for a weaker one', async () => {
    const { event, log } = await refusal(settingsFor, new StepApp(), active);
    expect(event.code).toBe('adversary-too-weak');
    expect(log.of('failed')).toEqual([]);
  });

  it('refuses a directory that the pinned authority did not sign', async () => {
    const other = generateIdentity(nodePrimitives, systemRandom);
    coordinator.directory = signDirectory(nodePrimitives, other, LASTING, entries);
    const { event } = await refusal(activeRound, new StepApp(), active);
    expect(event.code).toBe('directory-signature');
  });

  it('refuses a directory other than the round names, and stays', async () => {
    coordinator.directory = signDirectory(nodePrimitives, authority, LASTING, entries);
    const { event, log } = await refusal(activeRound, new StepApp(), active);
    expect(event.code).toBe('directory-mismatch');
    expect(log.of('failed')).toEqual([]);
  });

  /** A round that names the directory which the coordinator serves. */
  const named = (hash: Uint8Array): RoundSettings => {
    const { hash: directoryHash } = openDirectory(nodePrimitives, authority.publicKey, coordinator.directory!);
    return settingsFor(hash, { adversary: 'active', directoryHash });
  };
  const NOW = LASTING.issued;

  it.each<[string, DirectoryDates, Partial<DirectoryEntry>, ErrorCode]>([
    ['a directory that has expired', { ...LASTING, issued: 1, notAfter: NOW - 1 }, {}, 'directory-expired'],
    ['its own enrolment having ended', LASTING, { notAfter: NOW - 1 }, 'identity-expired'],
    ['a task that it is not enrolled for', LASTING, { tasks: ['another'] }, 'identity-not-allowed'],
    ['another key under its own id', LASTING, { identityKey: new Uint8Array(32).fill(3) }, 'identity-unknown'],
  ])('refuses %s', async (_, dates, change, code) => {
    const entry = { ...enrolled(5, keys.publicKey), ...change };
    coordinator.directory = signDirectory(nodePrimitives, authority, dates, [entry]);
    const { event, log } = await refusal(named, new StepApp(), active);
    expect(event.code).toBe(code);
    // The authority may renew it: the client waits for a later round.
    expect(log.of('failed')).toEqual([]);
  });

  it('refuses an older directory than it has seen, also in its next life if it remembers', async () => {
    const serials = serialsInMemory();
    const sign = (serial: number): Uint8Array =>
      signDirectory(nodePrimitives, authority, { ...LASTING, serial }, entries);
    const invite = (): Uint8Array =>
      coordinator.invite(named(coordinator.publish(modelFile())), coordinator.members[0]!);
    coordinator.directory = sign(7);
    const first = enter(coordinator.url, new StepApp(), { ...active, serials });
    await coordinator.seats(1);
    const context = invite();
    await coordinator.message('advertiseKeys');
    coordinator.abandon(context, 5);
    coordinator.directory = sign(6);
    invite();
    expect(await first.log.next('refused')).toMatchObject({
      code: 'directory-rolled-back',
      message: 'the round would be under member directory 6, but 7 has been seen',
    });
    await first.participation.leave();
    const second = enter(coordinator.url, new StepApp(), { ...active, serials });
    await coordinator.until(() => coordinator.hellos.length === 2);
    invite();
    expect((await second.log.next('refused')).code).toBe('directory-rolled-back');
    expect(await serials.newest(toHex(authority.publicKey))).toMatchObject({ serial: 7 });
  });

  it('refuses two different directories with one serial number', async () => {
    const serials = serialsInMemory();
    await serials.note(toHex(authority.publicKey), { serial: 1, hash: 'ab'.repeat(32) });
    coordinator.directory = signDirectory(nodePrimitives, authority, LASTING, entries);
    const { event } = await refusal(named, new StepApp(), { ...active, serials });
    expect(event).toMatchObject({
      code: 'directory-rolled-back',
      message: expect.stringContaining('two different') as string,
    });
  });

  it('needs an identity and the authority’s key to join at all', () => {
    const { identity, authorityKey } = active;
    const policy = { adversary: 'active' } as const;
    expect(() => enter(coordinator.url, new StepApp(), { policy })).toThrow(/needs an identity/);
    expect(() => enter(coordinator.url, new StepApp(), { policy, identity: identity! })).toThrow(/authority’s key/);
    expect(authorityKey).toHaveLength(32);
  });
});

describe('options', () => {
  it.each<[string, JoinOptions, RegExp]>([
    ['colluding', { policy: { adversary: 'curious', colluding: 1 } }, /policy\.colluding/],
    ['minCohort', { policy: { adversary: 'curious', minCohort: 1 } }, /policy\.minCohort/],
    ['authorityKey', { authorityKey: new Uint8Array(31) }, /authorityKey must have 32 bytes, but has 31/],
    ['name', { name: 'é'.repeat(65) }, /name/],
    ['tasks', { tasks: ['x'.repeat(129)] }, /tasks/],
    ['seed', { seed: -1 }, /seed/],
    ['time for a return', { returnTimeoutMs: -1 }, /returnTimeoutMs/],
    ['time for a return that is none', { returnTimeoutMs: Number.NaN }, /returnTimeoutMs/],
  ])('out of bounds are refused: %s', (_, options, message) => {
    expect(() => enter(coordinator.url, new StepApp(), options)).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringMatching(message) as string }) as Error,
    );
  });
});
