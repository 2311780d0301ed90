import { beforeEach, describe, expect, it } from 'vitest';
import type { JoinOptions } from '../../client/options.ts';
import { decodeSum } from '../../protocol/quantize/index.ts';
import { generateIdentity } from '../../protocol/crypto/keys.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { openDirectory, signDirectory } from '../../protocol/wire/directory.ts';
import { frameFalseDealing } from '../../protocol/schemes/secagg/messages/false-dealing.ts';
import { DEFAULT_SUITE } from '../../protocol/crypto/suite.ts';
import { directoryAt } from '../../protocol/wire/membership.ts';
import { CairnError } from '../../protocol/errors.ts';
import { decodeAbort, encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { enrolled, LASTING } from '../support/directory.ts';
import type { ScriptedCoordinator } from './support/coordinator.ts';
import { encumbered, gate, GUEST, settingsFor, spaced, StepApp } from './support/rounds.ts';
import { modelFile } from './support/rounds.ts';
import { useClients } from './support/session.ts';

const { coordinator: start, enter: enterAt } = useClients();
let coordinator: ScriptedCoordinator;

beforeEach(async () => {
  coordinator = await start();
});

const enter = (app?: StepApp, options?: JoinOptions) => enterAt(coordinator.url, app, options);

describe('a round with the real server session', () => {
  it('sums the updates of all guests, weighed by examples', async () => {
    const clients = [enter(new StepApp(1, 10)), enter(new StepApp(2, 30)), enter(new StepApp(-4, 60))];
    await coordinator.seats(3);
    const settings = settingsFor(coordinator.publish(modelFile(5)));
    const end = await coordinator.run(settings);
    if (end.kind !== 'committed') throw end.error;
    const { update, examples, loss } = decodeSum(settings, end.sum, end.included.length);
    expect(end.included).toHaveLength(3);
    expect(examples).toBe(100);
    for (const value of update) expect(value).toBeCloseTo((1 * 10 + 2 * 30 - 4 * 60) / 100, 1);
    expect(loss).toBeCloseTo(0.5, 2);
    for (const { log, app } of clients) {
      expect(await log.next('committed')).toMatchObject({ included: true, task: 'digits', round: 1 });
      expect(app.seen[0]!.kernel).toEqual(new Float32Array(4).fill(5));
      expect(app.contexts[0]).toMatchObject({ task: 'digits', round: 1, options: { epochs: 2 } });
    }
  });

  it('tells one client of every step, in order', async () => {
    const { log } = enter();
    enter();
    enter();
    await coordinator.seats(3);
    await coordinator.run(settingsFor(coordinator.publish(modelFile())));
    await log.next('committed');
    const told = log.events.map((event) => {
      if (event.kind === 'state') return `state ${event.state}`;
      return event.kind === 'sent' ? `sent ${event.message}` : event.kind;
    });
    expect(told).toEqual([
      'unsafe-open-enrolment',
      'connected',
      'invited',
      'state advertise-keys',
      'training',
      'trained',
      'sent advertiseKeys',
      'state cipher-agreement',
      'agreed',
      'sent shareKeys',
      'state share-keys',
      'state mask-agreement',
      'agreed',
      'state masked-input',
      'sent maskedInput',
      'state unmasking',
      'sent unmaskShares',
      'state done',
      'state closed',
      'committed',
    ]);
  });

  it('takes members through an active round, with a directory by the pinned authority', async () => {
    const authority = generateIdentity(nodePrimitives, systemRandom);
    const members = [11, 12, 13].map((member) => ({ member, keys: generateIdentity(nodePrimitives, systemRandom) }));
    const entries = members.map(({ member, keys }) => enrolled(member, keys.publicKey));
    coordinator.directory = signDirectory(nodePrimitives, authority, LASTING, entries);
    const directory = directoryAt(
      openDirectory(nodePrimitives, authority.publicKey, coordinator.directory),
      LASTING.issued,
    );
    const clients = members.map((identity) =>
      enter(new StepApp(), {
        identity,
        authorityKey: authority.publicKey,
        policy: { adversary: 'active', minCohort: 3 },
      }),
    );
    await coordinator.seats(3);
    const changes = { adversary: 'active', directoryHash: directory.hash, minCohort: 3 } as const;
    const end = await coordinator.run(settingsFor(coordinator.publish(modelFile()), changes), directory);
    expect(end.kind).toBe('committed');
    await Promise.all(clients.map(({ log }) => log.next('committed')));
    await coordinator.run(settingsFor(coordinator.publish(modelFile(1)), changes), directory);
    await Promise.all(clients.map(({ log }) => log.next('committed', 2)));
    expect(coordinator.requests.filter((path) => path === '/v1/directory')).toHaveLength(3);
    for (const { keys } of members) expect(keys.secretKey.wiped).toBe(false);
  });

  it('drops a client that leaves while shares go round, and opens the sum of the others', async () => {
    const clients = [enter(), enter(), enter(), enter()];
    await coordinator.seats(4);
    coordinator.script.onMessage = ({ name, member }) => {
      if (name === 'shareKeys' && member === leaver)
        void clients.find(({ log }) => log.of('connected')[0]!.member === leaver)!.participation.leave();
      return undefined;
    };
    const leaver = coordinator.members[0];
    const end = await coordinator.run(settingsFor(coordinator.publish(modelFile())));
    if (end.kind !== 'committed') throw end.error;
    expect(end.included).not.toContain(leaver);
    expect(end.drops.map(({ member }) => member)).toEqual([leaver]);
  });
});

describe('the kept update', () => {
  async function alone(app = new StepApp()) {
    const client = enter(app);
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const hash = coordinator.publish(modelFile());
    return { ...client, member, hash };
  }

  it('takes part again after an abandoned round, without another training or download', async () => {
    const { app, log, member, hash } = await alone();
    const first = coordinator.invite(settingsFor(hash), member!);
    await coordinator.message('advertiseKeys');
    coordinator.abandon(first, member!);
    expect(await log.next('abandoned')).toMatchObject({ code: 'round-abandoned', update: 'kept' });
    coordinator.invite(settingsFor(hash), member!);
    await coordinator.message('advertiseKeys', { nth: 2 });
    expect(log.of('trained').map(({ kept }) => kept)).toEqual([false, true]);
    expect(app.contexts).toHaveLength(1);
    expect(coordinator.requests.filter((path) => path.startsWith('/v1/models'))).toHaveLength(1);
  });

  it('lets a training go on when its round is over, and uses it for the next attempt', async () => {
    const app = new StepApp();
    const { opened, open } = gate();
    app.before = () => opened;
    const { log, member, hash } = await alone(app);
    const first = coordinator.invite(settingsFor(hash), member!);
    await log.next('training');
    // It used to be told that its update is kept, while there was none.
    const late = new CairnError('deadline-missed', 'keys were not advertised in time');
    coordinator.send(member!, encodeAbort({ suite: DEFAULT_SUITE, context: first }, late));
    expect(await log.next('abandoned')).toMatchObject({ code: 'deadline-missed', update: 'training' });
    const second = coordinator.invite(settingsFor(hash), member!);
    await log.next('invited', 2);
    coordinator.abandon(second, member!);
    expect(await log.next('abandoned', 2)).toMatchObject({
      code: 'round-abandoned',
      update: expect.stringMatching(/training|none/) as string,
    });
    coordinator.invite(settingsFor(hash), member!);
    await log.next('invited', 3);
    open();
    await coordinator.message('advertiseKeys');
    expect(app.contexts).toHaveLength(1);
    expect(app.contexts[0]!.signal.aborted).toBe(false);
    expect(log.of('trained')).toMatchObject([{ kept: true }]);
    expect(coordinator.received.map(({ name }) => name)).toEqual(['advertiseKeys']);
  });

  it('trains again once the model has moved on, from the new model', async () => {
    const { app, log, member, hash } = await alone();
    const first = coordinator.invite(settingsFor(hash), member!);
    await coordinator.message('advertiseKeys');
    coordinator.commit(first, member!, false);
    await log.next('committed');
    coordinator.invite(settingsFor(coordinator.publish(modelFile(3)), { round: 2 }), member!);
    await coordinator.message('advertiseKeys', { nth: 2 });
    expect(log.of('trained').map(({ kept }) => kept)).toEqual([false, false]);
    expect(app.seen.map(({ bias }) => bias![0])).toEqual([0, 3]);
  });

  it('trains again for other training options', async () => {
    const { app, log, member, hash } = await alone();
    const first = coordinator.invite(settingsFor(hash), member!);
    await coordinator.message('advertiseKeys');
    coordinator.abandon(first, member!);
    await log.next('abandoned');
    coordinator.invite(settingsFor(hash, { training: '{"epochs":3}' }), member!);
    await coordinator.message('advertiseKeys', { nth: 2 });
    expect(app.contexts.map(({ options }) => options.epochs)).toEqual([2, 3]);
  });

  it('stays after a commit that includes it: from the same model the client sends the same, and trains from the next', async () => {
    const clients = [enter(), enter(), enter()];
    await coordinator.seats(3);
    const hash = coordinator.publish(modelFile());
    const next = coordinator.publish(modelFile(1));
    for (const [i, model] of [hash, hash, next].entries()) {
      const end = await coordinator.run(settingsFor(model, { round: i + 1, minCohort: 3 }));
      expect(end.kind).toBe('committed');
      for (const { log } of clients) expect(await log.next('committed', i + 1)).toMatchObject({ included: true });
    }
    for (const { app, log } of clients) {
      expect(app.contexts).toHaveLength(2);
      expect(log.of('trained').map(({ kept }) => kept)).toEqual([false, true, false]);
    }
  });

  it('is trained anew once the coordinator asks for it, with another seed', async () => {
    const { app, log, member, hash } = await alone();
    for (const [i, repeat] of [0, 1, 1].entries()) {
      const context = coordinator.invite(settingsFor(hash, { repeat }), member!);
      await coordinator.message('advertiseKeys', { nth: i + 1 });
      coordinator.abandon(context, member!);
      await log.next('abandoned', i + 1);
    }
    expect(log.of('trained').map(({ kept }) => kept)).toEqual([false, false, true]);
    const [first, second] = app.contexts;
    expect([first!.repeat, second!.repeat]).toEqual([0, 1]);
    expect(second!.seed).not.toBe(first!.seed);
    expect(second!.subsetSeed).not.toBe(first!.subsetSeed);
  });

  it('is not given up for a commit that claims to include it before it was sent', async () => {
    const { app, log, member, hash } = await alone();
    const first = coordinator.invite(settingsFor(hash), member!);
    await coordinator.message('advertiseKeys');
    coordinator.commit(first, member!, true);
    expect(await log.next('ignored')).toMatchObject({ code: 'wrong-state' });
    coordinator.invite(settingsFor(hash), member!);
    await coordinator.message('advertiseKeys', { nth: 2 });
    expect(log.of('trained').map(({ kept }) => kept)).toEqual([false, true]);
    expect(app.contexts).toHaveLength(1);
  });

  it('is trained by a seed that follows from the model and the options alone, whatever the task, the round and the file', async () => {
    const same = { seed: 7, identity: { member: 1, seed: new Uint8Array(32).fill(5) } };
    const seeds: number[] = [];
    // Spaces behind the header make another file of the same values, and so do tensors that are not trained.
    for (const [file, changes] of [
      [modelFile(), {}],
      [modelFile(), { task: 'other', round: 9 }],
      [spaced(modelFile()), {}],
      [encumbered(modelFile()), {}],
      [modelFile(1), {}],
      [modelFile(), { training: '{"epochs":3}' }],
    ] as const) {
      const { app, participation, log } = enter(new StepApp(), same);
      const { member } = await log.next('connected');
      coordinator.invite(settingsFor(coordinator.publish(file), changes), member);
      await log.next('trained');
      seeds.push(app.contexts[0]!.seed);
      await participation.leave();
    }
    const [first, task, spaces, others, model, options] = seeds;
    expect([task, spaces, others]).toEqual([first, first, first]);
    expect(new Set([first, model, options]).size).toBe(3);
  });

  it('is trained by a seed that a member has for ever, where it was given none', async () => {
    const hash = coordinator.publish(modelFile());
    const seedOf = async (options?: JoinOptions): Promise<number> => {
      const { app, participation, log } = enter(new StepApp(), options);
      const { member } = await log.next('connected');
      coordinator.invite(settingsFor(hash), member);
      await log.next('trained');
      await participation.leave();
      return app.contexts[0]!.seed;
    };
    const member = (fill: number): JoinOptions => ({ identity: { member: 1, seed: new Uint8Array(32).fill(fill) } });
    const [first, again, other, guest, secondGuest] = [
      await seedOf(member(1)),
      await seedOf(member(1)),
      await seedOf(member(2)),
      await seedOf(),
      await seedOf(),
    ];
    expect(again).toBe(first);
    expect(new Set([first, other, guest, secondGuest]).size).toBe(4);
  });
});

describe('a round that ends while its model is still on the way', () => {
  it.each(['abandon', 'commit'] as const)('by %s makes room for the next one', async (end) => {
    const { log } = enter();
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const { opened, open } = gate();
    const hash = coordinator.publish(modelFile());
    coordinator.delay = opened;
    const first = coordinator.invite(settingsFor(hash), member!);
    await coordinator.until(() => coordinator.requests.some((path) => path.startsWith('/v1/models')));
    if (end === 'abandon') coordinator.abandon(first, member!);
    else coordinator.commit(first, member!, false);
    await log.next(end === 'abandon' ? 'abandoned' : 'committed');
    coordinator.invite(settingsFor(hash), member!);
    await log.next('invited', 2);
    open();
    await coordinator.message('advertiseKeys');
    // The download went on, for the next attempt.
    expect(coordinator.requests.filter((path) => path.startsWith('/v1/models'))).toHaveLength(1);
  });

  it('is not ended by an outcome that claims an update which was never sent', async () => {
    const { log } = enter();
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const { opened, open } = gate();
    coordinator.delay = opened;
    const context = coordinator.invite(settingsFor(coordinator.publish(modelFile())), member!);
    await coordinator.until(() => coordinator.requests.some((path) => path.startsWith('/v1/models')));
    coordinator.commit(context, member!, true);
    open();
    expect(await log.next('ignored')).toMatchObject({ code: 'wrong-state' });
    await coordinator.message('advertiseKeys');
  });
});

describe('what comes behind an invitation while the model is still on the way', () => {
  // Six proofs, the same again after a reconnection, and a roster. Here they are cut short, so that each is told of once read.
  it('is kept and read in its order, up to 16 messages', async () => {
    const { log } = enter();
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const { opened, open } = gate();
    coordinator.delay = opened;
    const settings = settingsFor(coordinator.publish(modelFile()));
    const context = coordinator.invite(settings, member!);
    await coordinator.until(() => coordinator.requests.some((path) => path.startsWith('/v1/models')));
    for (let i = 0; i < 20; i++)
      coordinator.send(member!, frameFalseDealing({ suite: DEFAULT_SUITE, context }, new Uint8Array(8)));
    // The same invitation again is told of at once: what was sent before it has come.
    coordinator.invite(settings, member!);
    expect(await log.next('ignored')).toMatchObject({ code: 'message-duplicate' });
    open();
    await coordinator.message('advertiseKeys');
    const codes = log.of('ignored').map(({ code }) => code);
    expect(codes.filter((code) => code === 'wire-truncated')).toHaveLength(16);
  });
});

describe('an acknowledgement that the round has ended', () => {
  it('ends nothing: the Outcome that follows says whether the update is in the sum', async () => {
    coordinator = await start({
      onMessage: ({ name, bytes }) =>
        name === 'advertiseKeys'
          ? encodeAbort(
              { suite: 1, context: bytes.slice(3, 35) },
              { code: 'session-closed', message: 'the round has ended' },
            )
          : undefined,
    });
    const { log } = enter();
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const context = coordinator.invite(settingsFor(coordinator.publish(modelFile())), member!);
    await coordinator.message('advertiseKeys');
    expect(await log.next('ignored')).toMatchObject({ message: 'the round has ended' });
    coordinator.commit(context, member!, false);
    expect(await log.next('committed')).toMatchObject({ included: false });
    expect(log.of('abandoned')).toEqual([]);
  });
});

describe('an invitation to a round of a scheme that the client was not given', () => {
  const foreign = { task: 'b', scheme: 'another' } as const;
  const reason = {
    code: 'scheme-unknown',
    message: 'the round’s scheme is "another", this side takes part in "secagg"',
  };

  it('is refused with an Abort, and nothing is fetched, trained or sent for it', async () => {
    const { log, app, participation } = enter();
    await coordinator.seats(1);
    const hash = coordinator.publish(modelFile());
    const context = coordinator.invite(settingsFor(hash, foreign), coordinator.members[0]!);
    expect(await log.next('refused')).toMatchObject({ ...reason, task: 'b', round: 1, repeated: false });
    expect(decodeAbort((await coordinator.message('abort')).bytes)).toMatchObject({ ...reason, context });
    expect(coordinator.received.map(({ name }) => name)).toEqual(['abort']);
    expect(coordinator.requests.filter((path) => path.includes('models'))).toEqual([]);
    expect(app.contexts).toEqual([]);
    await participation.leave();
    expect(await participation.closed).toMatchObject({ refused: 1, included: 0 });
  });

  it('is refused while another round is under way, which goes on, and the next one is begun after it', async () => {
    const { log } = enter();
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const hash = coordinator.publish(modelFile());
    const first = coordinator.invite(settingsFor(hash, { task: 'a' }), member!);
    await coordinator.message('advertiseKeys');
    coordinator.invite(settingsFor(hash, foreign), member!);
    expect(await log.next('refused')).toMatchObject({ ...reason, task: 'b' });
    coordinator.invite(settingsFor(hash, { task: 'c' }), member!);
    expect(log.of('abandoned')).toEqual([]);
    coordinator.abandon(first, member!);
    await coordinator.message('advertiseKeys', { nth: 2 });
    expect(log.of('invited').map(({ task }) => task)).toEqual(['a', 'c']);
    expect(coordinator.received.filter(({ name }) => name === 'abort')).toHaveLength(1);
  });

  it('is refused without a reason by a client whose policy tells none', async () => {
    const { log } = enter(new StepApp(), { policy: { ...GUEST.policy, tellReason: false } });
    await coordinator.seats(1);
    coordinator.invite(settingsFor(coordinator.publish(modelFile()), foreign), coordinator.members[0]!);
    expect(await log.next('refused')).toMatchObject(reason);
    const abort = decodeAbort((await coordinator.message('abort')).bytes);
    expect(abort).toMatchObject({ code: 'member-left', message: 'the client left the round' });
  });
});

describe('invitations', () => {
  it('to another task wait for the end of the round under way', async () => {
    const { log } = enter();
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const hash = coordinator.publish(modelFile());
    const first = coordinator.invite(settingsFor(hash, { task: 'a' }), member!);
    await coordinator.message('advertiseKeys');
    coordinator.invite(settingsFor(hash, { task: 'b' }), member!);
    const withdrawn = coordinator.invite(settingsFor(hash, { task: 'c' }), member!);
    coordinator.abandon(withdrawn, member!);
    coordinator.abandon(first, member!);
    await coordinator.message('advertiseKeys', { nth: 2 });
    expect(log.of('invited').map(({ task }) => task)).toEqual(['a', 'b']);
    expect(log.of('abandoned').map(({ task }) => task)).toEqual(['a']);
  });

  it('to the same task take the place of the round under way, whose end must have been lost', async () => {
    const { log } = enter();
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const hash = coordinator.publish(modelFile());
    coordinator.invite(settingsFor(hash), member!);
    await coordinator.message('advertiseKeys');
    coordinator.invite(settingsFor(hash), member!);
    await coordinator.message('advertiseKeys', { nth: 2 });
    expect(coordinator.received.map(({ name }) => name)).toEqual(['advertiseKeys', 'abort', 'advertiseKeys']);
    expect(log.of('trained').map(({ kept }) => kept)).toEqual([false, true]);
  });

  it('that come twice do not end the round', async () => {
    const { log } = enter();
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const settings = settingsFor(coordinator.publish(modelFile()));
    coordinator.invite(settings, member!);
    await coordinator.message('advertiseKeys');
    coordinator.invite(settings, member!);
    expect(await log.next('ignored')).toMatchObject({ code: 'message-duplicate' });
    expect(coordinator.received).toHaveLength(1);
  });

  it('that repeat an earlier round are refused', async () => {
    const { log } = enter();
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const settings = settingsFor(coordinator.publish(modelFile()));
    const context = coordinator.invite(settings, member!);
    await coordinator.message('advertiseKeys');
    coordinator.abandon(context, member!);
    await log.next('abandoned');
    coordinator.invite(settings, member!);
    expect(await log.next('refused')).toMatchObject({ code: 'round-replayed' });
    expect(decodeAbort((await coordinator.message('abort')).bytes).code).toBe('round-replayed');
  });
});
