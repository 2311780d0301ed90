import { beforeEach, describe, expect, it } from 'vitest';
import { serialsInMemory } from '../../client/driver/serials.ts';
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
import { modelFile, settingsFor, StepApp } from './support/rounds.ts';
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
  coordinator.invite(settings(coordinator.publish(file)), coordinator.members[0]);
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

  it.each<[string, StepApp, ErrorCode, RegExp]>([
    ['NaN in a tensor', withBias(Float32Array.of(0, NaN, 0)), 'update-not-finite', /"bias"/],
    ['an infinite value', withBias(Float32Array.of(0, 0, -Infinity)), 'update-not-finite', /"bias"/],
    ['a tensor of another size', withBias(new Float32Array(4)), 'update-shape', /"bias": expected 3 values.*got 4/],
    [
      'a missing tensor',
      broken((r) => ({ ...r, parameters: { bias: r.parameters.bias } })),
      'update-shape',
      /"kernel" is missing/,
    ],
    ['no examples', broken((result) => ({ ...result, examples: 0 })), 'data-empty', /used 0/],
    ['a loss that is NaN', broken((result) => ({ ...result, loss: NaN })), 'update-not-finite', /loss/],
  ])('%s ends the participation, and the coordinator only hears that it left', async (_, app, code, message) => {
    const { event, abort, participation, log } = await refusal(settingsFor, app);
    expect(event).toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect(event.hint).not.toBe('');
    expect(abort).toMatchObject({ code: 'member-left', message: 'the client left the round' });
    expect(coordinator.received.map(({ name }) => name)).toEqual(['abort']);
    expect((await failure(participation.closed)).code).toBe(code);
    expect(log.of('failed')).toMatchObject([{ code }]);
  });

  it('an error of the app ends the round and not the participation', async () => {
    const app = new StepApp();
    app.before = () => {
      throw new Error('secret path /home/alice/data');
    };
    const { event, abort, log } = await refusal(settingsFor, app);
    expect(event).toMatchObject({
      code: 'app-failed',
      message: 'the app’s train() failed: secret path /home/alice/data',
    });
    expect(abort.code).toBe('member-left');
    expect(abort.message).not.toContain('alice');
    app.before = () => undefined;
    coordinator.invite(settingsFor(coordinator.publish(modelFile())), coordinator.members[0]);
    await coordinator.message('advertiseKeys');
    expect(log.of('failed')).toEqual([]);
  });

  it('an error while data are loaded is the app’s, with its own words', async () => {
    const app = new StepApp();
    app.data = () => {
      throw new Error('no such file patients.csv');
    };
    const { participation } = enter(coordinator.url, app);
    expect(await failure(participation.closed)).toMatchObject({
      code: 'app-failed',
      message: 'the app’s data() failed: no such file patients.csv',
    });
    expect(coordinator.hellos).toEqual([]);
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
    const { event, participation } = await refusal(settingsFor, new StepApp(), {}, modelFile(0, shapes));
    expect(event).toMatchObject({ code: 'update-shape', message: expect.stringMatching(message) as string });
    expect((await failure(participation.closed)).code).toBe('update-shape');
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

  it('a model of another size is refused before it is fetched', async () => {
    const { event } = await refusal((hash) => settingsFor(hash, { dimension: 8 }));
    expect(event).toMatchObject({ code: 'update-shape', message: expect.stringContaining('8 parameters') as string });
    expect(coordinator.requests.filter((path) => path.startsWith('/v1/models'))).toEqual([]);
  });

  it('a model file that is far too long is not read to its end', async () => {
    const { event } = await refusal(settingsFor, new StepApp(), {}, new Uint8Array(2 ** 21));
    expect(event.code).toBe('wire-bounds');
  });

  it.each(['[1]', '{', '"text"'])('training options that are no object are refused: %s', async (training) => {
    const { event } = await refusal((hash) => settingsFor(hash, { training }));
    expect(event.code).toBe('settings-invalid');
  });

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
    const { event, participation } = await refusal(settingsFor, new StepApp(), active);
    expect(event.code).toBe('adversary-too-weak');
    expect((await failure(participation.closed)).code).toBe('adversary-too-weak');
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
      coordinator.invite(named(coordinator.publish(modelFile())), coordinator.members[0]);
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
