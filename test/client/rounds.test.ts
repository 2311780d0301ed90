import { beforeEach, describe, expect, it } from 'vitest';
import type { JoinOptions } from '../../client/options.ts';
import { decodeSum } from '../../protocol/aggregation/quantize/index.ts';
import { generateIdentity } from '../../protocol/crypto/keys.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { openDirectory, signDirectory } from '../../protocol/wire/directory.ts';
import { directoryAt } from '../../protocol/wire/membership.ts';
import { decodeAbort, encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { enrolled, LASTING } from '../support/directory.ts';
import type { ScriptedCoordinator } from './support/coordinator.ts';
import { gate, modelFile, settingsFor, StepApp } from './support/rounds.ts';
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
      expect(app.seen[0].kernel).toEqual(new Float32Array(4).fill(5));
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
        void clients.find(({ log }) => log.of('connected')[0].member === leaver)!.participation.leave();
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
    const first = coordinator.invite(settingsFor(hash), member);
    await coordinator.message('advertiseKeys');
    coordinator.abandon(first, member);
    expect(await log.next('abandoned')).toMatchObject({ code: 'round-abandoned' });
    coordinator.invite(settingsFor(hash), member);
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
    const first = coordinator.invite(settingsFor(hash), member);
    await log.next('training');
    coordinator.abandon(first, member);
    await log.next('abandoned');
    coordinator.invite(settingsFor(hash), member);
    await log.next('invited', 2);
    open();
    await coordinator.message('advertiseKeys');
    expect(app.contexts).toHaveLength(1);
    expect(app.contexts[0].signal.aborted).toBe(false);
    expect(log.of('trained')).toMatchObject([{ kept: true }]);
    expect(coordinator.received.map(({ name }) => name)).toEqual(['advertiseKeys']);
  });

  it('trains again once the model has moved on, from the new model', async () => {
    const { app, log, member, hash } = await alone();
    const first = coordinator.invite(settingsFor(hash), member);
    await coordinator.message('advertiseKeys');
    coordinator.commit(first, member, false);
    await log.next('committed');
    coordinator.invite(settingsFor(coordinator.publish(modelFile(3)), { round: 2 }), member);
    await coordinator.message('advertiseKeys', { nth: 2 });
    expect(log.of('trained').map(({ kept }) => kept)).toEqual([false, false]);
    expect(app.seen.map(({ bias }) => bias[0])).toEqual([0, 3]);
  });

  it('trains again for other training options', async () => {
    const { app, log, member, hash } = await alone();
    const first = coordinator.invite(settingsFor(hash), member);
    await coordinator.message('advertiseKeys');
    coordinator.abandon(first, member);
    await log.next('abandoned');
    coordinator.invite(settingsFor(hash, { training: '{"epochs":3}' }), member);
    await coordinator.message('advertiseKeys', { nth: 2 });
    expect(app.contexts.map(({ options }) => options.epochs)).toEqual([2, 3]);
  });

  it('is gone once a commit includes it', async () => {
    const clients = [enter(), enter(), enter()];
    await coordinator.seats(3);
    const hash = coordinator.publish(modelFile());
    for (const round of [1, 2]) {
      expect((await coordinator.run(settingsFor(hash, { round }))).kind).toBe('committed');
      for (const { log } of clients) expect(await log.next('committed', round)).toMatchObject({ included: true });
    }
    for (const { app, log } of clients) {
      expect(app.contexts).toHaveLength(2);
      expect(log.of('trained').map(({ kept }) => kept)).toEqual([false, false]);
    }
  });

  it('is not given up for a commit that claims to include it before it was sent', async () => {
    const { app, log, member, hash } = await alone();
    const first = coordinator.invite(settingsFor(hash), member);
    await coordinator.message('advertiseKeys');
    coordinator.commit(first, member, true);
    expect(await log.next('ignored')).toMatchObject({ code: 'wrong-state' });
    coordinator.invite(settingsFor(hash), member);
    await coordinator.message('advertiseKeys', { nth: 2 });
    expect(log.of('trained').map(({ kept }) => kept)).toEqual([false, true]);
    expect(app.contexts).toHaveLength(1);
  });

  it('gives the same seed to both attempts at a round, and another one to the next round', async () => {
    const app = new StepApp();
    const { log, member, hash } = await alone(app);
    for (const [i, round] of [1, 1, 2].entries()) {
      // Other training options, so that the kept update does not serve.
      const context = coordinator.invite(settingsFor(hash, { round, training: `{"epochs":${i + 1}}` }), member);
      await coordinator.message('advertiseKeys', { nth: i + 1 });
      coordinator.commit(context, member, false);
      await log.next('committed', i + 1);
    }
    const [a, b, c] = app.contexts.map(({ seed }) => seed);
    expect(a).toBe(b);
    expect(a).not.toBe(c);
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
    const context = coordinator.invite(settingsFor(coordinator.publish(modelFile())), member);
    await coordinator.message('advertiseKeys');
    expect(await log.next('ignored')).toMatchObject({ message: 'the round has ended' });
    coordinator.commit(context, member, false);
    expect(await log.next('committed')).toMatchObject({ included: false });
    expect(log.of('abandoned')).toEqual([]);
  });
});

describe('invitations', () => {
  it('to another task wait for the end of the round under way', async () => {
    const { log } = enter();
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const hash = coordinator.publish(modelFile());
    const first = coordinator.invite(settingsFor(hash, { task: 'a' }), member);
    await coordinator.message('advertiseKeys');
    coordinator.invite(settingsFor(hash, { task: 'b' }), member);
    const withdrawn = coordinator.invite(settingsFor(hash, { task: 'c' }), member);
    coordinator.abandon(withdrawn, member);
    coordinator.abandon(first, member);
    await coordinator.message('advertiseKeys', { nth: 2 });
    expect(log.of('invited').map(({ task }) => task)).toEqual(['a', 'b']);
    expect(log.of('abandoned').map(({ task }) => task)).toEqual(['a']);
  });

  it('to the same task take the place of the round under way, whose end must have been lost', async () => {
    const { log } = enter();
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const hash = coordinator.publish(modelFile());
    coordinator.invite(settingsFor(hash), member);
    await coordinator.message('advertiseKeys');
    coordinator.invite(settingsFor(hash), member);
    await coordinator.message('advertiseKeys', { nth: 2 });
    expect(coordinator.received.map(({ name }) => name)).toEqual(['advertiseKeys', 'abort', 'advertiseKeys']);
    expect(log.of('trained').map(({ kept }) => kept)).toEqual([false, true]);
  });

  it('that come twice do not end the round', async () => {
    const { log } = enter();
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const settings = settingsFor(coordinator.publish(modelFile()));
    coordinator.invite(settings, member);
    await coordinator.message('advertiseKeys');
    coordinator.invite(settings, member);
    expect(await log.next('ignored')).toMatchObject({ code: 'message-duplicate' });
    expect(coordinator.received).toHaveLength(1);
  });

  it('that repeat an earlier round are refused', async () => {
    const { log } = enter();
    await coordinator.seats(1);
    const [member] = coordinator.members;
    const settings = settingsFor(coordinator.publish(modelFile()));
    const context = coordinator.invite(settings, member);
    await coordinator.message('advertiseKeys');
    coordinator.abandon(context, member);
    await log.next('abandoned');
    coordinator.invite(settings, member);
    expect(await log.next('refused')).toMatchObject({ code: 'round-replayed' });
    expect(decodeAbort((await coordinator.message('abort')).bytes).code).toBe('round-replayed');
  });
});
