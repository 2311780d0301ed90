import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { consentInFile, type ConsentMemory, type JoinOptions } from '../../client/index.ts';
import { consentInMemory } from '../../client/consent/memory.ts';
import { generateIdentity } from '../../protocol/crypto/keys.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { CairnError } from '../../protocol/errors.ts';
import { openDirectory, signDirectory } from '../../protocol/wire/directory.ts';
import { directoryAt, type MemberDirectory } from '../../protocol/wire/membership.ts';
import { decodeAbort } from '../../protocol/wire/messages/abort.ts';
import { enrolled, LASTING } from '../support/directory.ts';
import type { ScriptedCoordinator } from './support/coordinator.ts';
import { gate, settingsFor, spaced, StepApp } from './support/rounds.ts';
import { modelFile } from './support/rounds.ts';
import { useClients } from './support/session.ts';

const { coordinator: start, enter: enterAt } = useClients();
let coordinator: ScriptedCoordinator;
let folder: string;

beforeEach(async () => {
  coordinator = await start();
  folder = await mkdtemp(join(tmpdir(), 'cairn-rounds-'));
});

afterEach(() => rm(folder, { recursive: true }));

const enter = (options?: JoinOptions) => enterAt(coordinator.url, new StepApp(), options);
const CURIOUS = { adversary: 'curious', minCohort: 2 } as const;

describe('a client that takes part in one round a day', () => {
  const policy = { ...CURIOUS, maxRoundsPerDay: 1 };

  it('refuses the second, says so to its user and to the coordinator, and stays', async () => {
    const client = enter({ policy });
    await coordinator.seats(1);
    const [member] = coordinator.members;
    enter();
    enter();
    await coordinator.seats(3);
    const hash = coordinator.publish(modelFile());
    expect((await coordinator.run(settingsFor(hash))).kind).toBe('committed');
    const second = await coordinator.run(settingsFor(coordinator.publish(modelFile(1)), { round: 2 }));
    expect(second.kind).toBe('committed');
    expect(second.drops).toMatchObject([
      { member, state: 'advertise-keys', effect: 'before-input', reason: 'policy-rounds-per-day' },
    ]);
    expect(client.log.of('refused')).toMatchObject([
      { round: 2, code: 'policy-rounds-per-day', hint: expect.stringContaining('a day old') as string },
    ]);
    expect(client.app.contexts).toHaveLength(1);
    expect(client.log.of('failed')).toEqual([]);
  });

  it('counts a round that ended before it had sent its masked input: it has trained for it', async () => {
    const client = enter({ policy });
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const first = coordinator.invite(settingsFor(coordinator.publish(modelFile())), member!);
    await coordinator.message('advertiseKeys');
    coordinator.abandon(first, member!);
    await client.log.next('abandoned');
    coordinator.invite(settingsFor(coordinator.publish(modelFile(1))), member!);
    expect((await client.log.next('refused')).code).toBe('policy-rounds-per-day');
    expect(client.app.contexts).toHaveLength(1);
  });

  it('trains no more than that for 40 models that a coordinator asks about, whatever it does with the rounds', async () => {
    const client = enter({ policy: { ...CURIOUS, maxRoundsPerDay: 2 } });
    await coordinator.seats(1);
    const [member] = coordinator.members;
    for (let i = 0; i < 40; i++) {
      const context = coordinator.invite(
        settingsFor(coordinator.publish(modelFile(i)), { task: `task ${i}` }),
        member!,
      );
      if (i < 2) await coordinator.message('advertiseKeys', { nth: i + 1 });
      else await client.log.next('refused', i - 1);
      coordinator.abandon(context, member!);
    }
    expect(client.app.contexts).toHaveLength(2);
    expect(new Set(client.log.of('refused').map(({ code }) => code))).toEqual(new Set(['policy-rounds-per-day']));
  });

  it('counts them after a restart too, if its memory outlives it', async () => {
    const remember = (): JoinOptions => ({ policy, consent: consentInFile(join(folder, 'rounds')) });
    const first = enter(remember());
    enter();
    await coordinator.seats(2);
    const hash = coordinator.publish(modelFile());
    expect((await coordinator.run(settingsFor(hash))).kind).toBe('committed');
    await first.participation.leave();
    const second = enter(remember());
    const { member } = await second.log.next('connected');
    coordinator.invite(settingsFor(hash, { round: 2 }), member);
    expect((await second.log.next('refused')).code).toBe('policy-rounds-per-day');
  });
});

describe('a client that was invited', () => {
  it('to a task beyond its policy refuses it and stays', async () => {
    const { log } = enter({ policy: { ...CURIOUS, tasks: ['other'] } });
    await coordinator.seats(1);
    coordinator.invite(settingsFor(coordinator.publish(modelFile())), coordinator.members[0]!);
    expect((await log.next('refused')).code).toBe('policy-task');
    expect(decodeAbort((await coordinator.message('abort')).bytes)).toMatchObject({
      code: 'policy-task',
      message: 'task "digits" is not one of those that this client takes part in',
    });
    expect(log.of('failed')).toEqual([]);
  });

  it.each([[['digits']], [['digits', 'other']], [[]]])(
    'to a round with too little noise refuses it and waits for the task to be put right, whatever its tasks: %j',
    async (tasks) => {
      const { log } = enter({ tasks, policy: { ...CURIOUS, minNoise: { multiplier: 1 } } });
      await coordinator.seats(1);
      coordinator.invite(settingsFor(coordinator.publish(modelFile())), coordinator.members[0]!);
      expect((await log.next('refused')).code).toBe('policy-noise');
      expect(decodeAbort((await coordinator.message('abort')).bytes).code).toBe('policy-noise');
      coordinator.invite(settingsFor(coordinator.publish(modelFile())), coordinator.members[0]!);
      await log.next('refused', 2);
      expect(log.of('failed')).toEqual([]);
    },
  );
});

describe('what later rounds are held against', () => {
  /** A memory whose n-th write waits, or fails. */
  function watched(nth: number, before: () => Promise<void>): { memory: ConsentMemory; writes: () => number } {
    const inner = consentInMemory();
    let writes = 0;
    return {
      writes: () => writes,
      memory: {
        read: () => inner.read(),
        change: async (edit) => {
          if (++writes === nth) await before();
          await inner.change(edit);
        },
      },
    };
  }

  it('is written down before a training begins', async () => {
    const { opened, open } = gate();
    const { memory, writes } = watched(1, () => opened);
    const { app, log } = enter({ consent: memory });
    await coordinator.seats(1);
    coordinator.invite(settingsFor(coordinator.publish(modelFile())), coordinator.members[0]!);
    while (writes() < 1) await new Promise((resolve) => setImmediate(resolve));
    expect(app.contexts).toEqual([]);
    expect(log.of('training')).toEqual([]);
    open();
    await coordinator.message('advertiseKeys');
    expect(app.contexts).toHaveLength(1);
  });

  it.each([
    [2, 'shareKeys'],
    [3, 'maskedInput'],
    [4, 'unmaskShares'],
  ] as const)('is written down before it is sent: write %i before %s', async (nth, message) => {
    const { opened, open } = gate();
    const { memory, writes } = watched(nth, () => opened);
    enter({ consent: memory });
    await coordinator.seats(1);
    const member = coordinator.members[0]!;
    enter();
    await coordinator.seats(2);
    const running = coordinator.run(settingsFor(coordinator.publish(modelFile())));
    const others = coordinator.message(message);
    await coordinator.until(() => writes() === nth);
    expect((await others).member).not.toBe(member);
    expect(coordinator.received.filter((one) => one.member === member).map(({ name }) => name)).not.toContain(message);
    open();
    await coordinator.message(message, { member });
    expect((await running).kind).toBe('committed');
  });

  it.each([
    [2, 'shareKeys'],
    [3, 'maskedInput'],
    [4, 'unmaskShares'],
  ] as const)(
    'is not sent where it cannot be written down, and only the user is told why: %i',
    async (nth, message) => {
      const fails = () => Promise.reject(new CairnError('folder-unwritable', '/home/alice/me.rounds: no space'));
      const { log } = enter({ consent: watched(nth, fails).memory });
      await coordinator.seats(1);
      const [member] = coordinator.members;
      enter();
      enter();
      enter();
      await coordinator.seats(4);
      const end = await coordinator.run(settingsFor(coordinator.publish(modelFile())));
      expect(end.kind).toBe('committed');
      expect(end.drops).toMatchObject([{ member, reason: 'policy-refused' }]);
      expect(coordinator.received.filter((one) => one.member === member).map(({ name }) => name)).not.toContain(
        message,
      );
      expect(decodeAbort((await coordinator.message('abort')).bytes).message).toBe('the client left the round');
      expect((await log.next('refused')).code).toBe('folder-unwritable');
    },
  );
});

describe('enrolled members that helped to open a sum', () => {
  const authority = generateIdentity(nodePrimitives, systemRandom);
  const members = [1, 2, 3, 4, 5, 6].map((member) => ({
    member,
    keys: generateIdentity(nodePrimitives, systemRandom),
  }));
  const policy = { adversary: 'active', minCohort: 3 } as const;
  let directory: MemberDirectory;

  beforeEach(() => {
    const entries = members.map(({ member, keys }) => enrolled(member, keys.publicKey));
    coordinator.directory = signDirectory(nodePrimitives, authority, LASTING, entries);
    const opened = openDirectory(nodePrimitives, authority.publicKey, coordinator.directory);
    directory = directoryAt(opened, LASTING.issued);
  });

  const enterAll = (some: typeof members, app = () => new StepApp()) =>
    some.map((identity) =>
      enterAt(coordinator.url, app(), {
        identity,
        authorityKey: authority.publicKey,
        policy,
        consent: consentInFile(join(folder, `${identity.member}.rounds`)),
      }),
    );

  const round = (hash: Uint8Array, number = 1, minCohort = 3) => {
    const settings = { adversary: 'active', directoryHash: directory.hash, minCohort, round: number } as const;
    return coordinator.run(settingsFor(hash, settings), directory);
  };

  it('refuse it without one of them, after they were all started again, before they share keys', async () => {
    const hash = coordinator.publish(modelFile());
    const before = enterAll(members);
    await coordinator.seats(6);
    expect((await round(hash)).kind).toBe('committed');
    await Promise.all(before.map(({ participation }) => participation.leave()));
    const other = await start();
    other.directory = coordinator.directory;
    // Another file of the same values.
    const again = other.publish(spaced(modelFile()));
    coordinator = other;
    const after = enterAll(members.slice(0, 5));
    await coordinator.seats(5);
    const end = await round(again);
    expect(end).toMatchObject({ kind: 'aborted', error: { code: 'below-threshold' } });
    expect(end.drops.map(({ reason, state }) => `${reason} at ${state}`)).toContain('cohort-too-similar at share-keys');
    for (const { log } of after) expect(await log.next('refused')).toMatchObject({ code: 'cohort-too-similar' });
    const said = new Set(coordinator.received.map(({ name }) => name));
    expect([...said]).toEqual(['advertiseKeys', 'abort']);
    // The next round begins with another model.
    const next = coordinator.publish(modelFile(1));
    expect((await round(next, 2)).kind).toBe('committed');
  });

  it('send the very same vector again with the same members, after they were all started again', async () => {
    const hash = coordinator.publish(modelFile());
    const before = enterAll(members);
    await coordinator.seats(6);
    const first = await round(hash);
    await Promise.all(before.map(({ participation }) => participation.leave()));
    const other = await start();
    other.directory = coordinator.directory;
    other.publish(modelFile());
    coordinator = other;
    const after = enterAll(members);
    await coordinator.seats(6);
    const second = await round(hash, 1, 6);
    if (first.kind !== 'committed' || second.kind !== 'committed') throw new Error('a round has no sum');
    expect(second.sum).toEqual(first.sum);
    for (const { log } of after) expect(log.of('trained').map(({ kept }) => kept)).toEqual([false]);
  });

  it('send nothing where their training gives another update than before', async () => {
    const hash = coordinator.publish(modelFile());
    const first = enterAll(members);
    await coordinator.seats(6);
    expect((await round(hash)).kind).toBe('committed');
    await Promise.all(first.map(({ participation }) => participation.leave()));
    const other = await start();
    other.directory = coordinator.directory;
    other.publish(modelFile());
    coordinator = other;
    const after = enterAll(members, () => new StepApp(1.5));
    await coordinator.seats(6);
    expect((await round(hash, 1, 6)).kind).toBe('aborted');
    for (const { log } of after) expect(await log.next('refused')).toMatchObject({ code: 'input-changed' });
    expect(coordinator.received.filter(({ name }) => name === 'maskedInput')).toEqual([]);
  });
});

describe('a model that a rebase gave', () => {
  it('is shown to the user, and refused beyond the policy’s limit', async () => {
    const { log } = enter({ policy: { ...CURIOUS, maxRebases: 1 } });
    enter();
    enter();
    await coordinator.seats(3);
    const [member] = coordinator.members;
    const run = (model: number, rebases: number, minCohort = 2) =>
      coordinator.run(settingsFor(coordinator.publish(modelFile(model)), { rebases, minCohort }));
    expect((await run(1, 1)).kind).toBe('committed');
    expect(log.of('rebased')).toMatchObject([{ rebases: 1, withinDay: 1 }]);
    // Again from the same model, which counts once.
    expect((await run(1, 1, 3)).drops).toEqual([]);
    expect((await run(2, 2)).drops).toMatchObject([{ member, reason: 'rebase-refused' }]);
    expect((await log.next('refused')).code).toBe('rebase-refused');
    expect((await run(3, 0)).drops).toEqual([]);
  });
});
