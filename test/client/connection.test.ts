import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { helloTranscript } from '../../protocol/wire/hello-transcript.ts';
import { generateIdentity } from '../../protocol/crypto/keys.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { SecretBytes } from '../../protocol/crypto/secret.ts';
import { DEFAULT_SUITE } from '../../protocol/crypto/suite.ts';
import { CairnError } from '../../protocol/errors.ts';
import { decodeAbort, encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { encodeChallenge } from '../../protocol/wire/messages/connect.ts';
import type { MessageName } from '../../protocol/wire/header.ts';
import { gate, settingsFor, StepApp } from './support/rounds.ts';
import { modelFile } from './support/rounds.ts';
import { useClients } from './support/session.ts';

const { coordinator: start, enter } = useClients();

describe('connecting', () => {
  it('says which address does not answer', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await new Promise((resolve) => server.close(resolve));
    const { participation, log } = enter(url, new StepApp(), { connectTimeoutMs: 60 });
    await expect(participation.closed).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining(url) as string,
    });
    expect(log.of('failed')).toHaveLength(1);
  });

  it('says so when something else answers', async () => {
    const server = createServer((_, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { participation } = enter(url, new StepApp(), { connectTimeoutMs: 60 });
    await expect(participation.closed).rejects.toMatchObject({ code: 'unreachable' });
    await new Promise((resolve) => server.close(resolve));
  });

  it('refuses a coordinator of another protocol version', async () => {
    const coordinator = await start({
      challenge: (context) => {
        const bytes = encodeChallenge({ suite: DEFAULT_SUITE, context });
        bytes[0] = 9;
        return bytes;
      },
    });
    const { participation } = enter(coordinator.url);
    await expect(participation.closed).rejects.toMatchObject({
      code: 'wire-version',
      message: expect.stringContaining('9') as string,
    });
    expect(coordinator.hellos).toEqual([]);
  });

  it.each(['seat-taken', 'identity-unknown', 'task-unknown'] as const)(
    'ends with the coordinator’s reason: %s',
    async (code) => {
      const coordinator = await start({
        onHello: () => encodeAbort({ suite: DEFAULT_SUITE, context: new Uint8Array(32) }, new CairnError(code, 'no')),
      });
      const { participation } = enter(coordinator.url);
      await expect(participation.closed).rejects.toMatchObject({ code, message: 'no' });
    },
  );

  it('tries again when its Hello came too late', async () => {
    const coordinator = await start({ recoveryMs: 0 });
    coordinator.script.onHello = ({ context }) =>
      coordinator.hellos.length === 1
        ? encodeAbort({ suite: DEFAULT_SUITE, context }, new CairnError('deadline-missed', 'too late'))
        : undefined;
    const { log } = enter(coordinator.url);
    await log.next('connected');
    expect(coordinator.hellos).toHaveLength(2);
    expect(log.of('failed')).toEqual([]);
  });

  it('signs the challenge, the address that it was given, its id and its tasks as a member', async () => {
    const coordinator = await start();
    const keys = generateIdentity(nodePrimitives, systemRandom);
    const { log } = enter(coordinator.url, new StepApp(), {
      seed: 1,
      identity: { member: 77, keys },
      tasks: ['a', 'b'],
    });
    expect(await log.next('connected')).toMatchObject({ member: 77, renewed: false });
    const { who, tasks, context } = coordinator.hellos[0]!;
    if (who.kind !== 'member') throw new Error('not a member');
    const said = { challenge: context, address: `${coordinator.url}/`, member: 77, tasks };
    const signed = helloTranscript(nodePrimitives, said);
    expect(tasks).toEqual(['a', 'b']);
    expect(who.address).toBe(said.address);
    expect(nodePrimitives.ed25519Verify(keys.publicKey, signed, who.signature)).toBe(true);
    for (const change of [{ tasks: ['ab'] }, { address: 'http://localhost/' }, { member: 78 }]) {
      const other = helloTranscript(nodePrimitives, { ...said, ...change });
      expect(nodePrimitives.ed25519Verify(keys.publicKey, other, who.signature)).toBe(false);
    }
  });

  it('says at the start that it has no identity, before it connects, and a member does not', async () => {
    const coordinator = await start();
    const guest = enter(coordinator.url, new StepApp());
    await guest.log.next('connected');
    expect(guest.log.events.map(({ kind }) => kind)).toEqual(['unsafe-open-enrolment', 'connected']);
    const keys = generateIdentity(nodePrimitives, systemRandom);
    const member = enter(coordinator.url, new StepApp(), { seed: 1, identity: { member: 78, keys } });
    await member.log.next('connected');
    expect(member.log.of('unsafe-open-enrolment')).toEqual([]);
  });

  it('sends its name as a guest', async () => {
    const coordinator = await start();
    const { log } = enter(coordinator.url, new StepApp(), { name: 'phone' });
    await log.next('connected');
    expect(coordinator.hellos[0]!.who).toEqual({ kind: 'guest', name: 'phone', token: new Uint8Array() });
  });
});

const MESSAGES: readonly MessageName[] = ['advertiseKeys', 'shareKeys', 'maskedInput', 'unmaskShares'];

describe('a connection that breaks within a round', () => {
  it.each(
    MESSAGES.flatMap(
      (name) =>
        [
          [name, 60_000],
          [name, 0],
        ] as const,
    ),
  )('as %s is sent goes on (recoverable for %i ms)', async (name, recoveryMs) => {
    let cuts = 0;
    const coordinator = await start({ recoveryMs });
    // The message is lost with the connection, so only sending it again can save the round.
    coordinator.script.onMessage = (message) => {
      if (message.name !== name || cuts > 0) return undefined;
      cuts++;
      coordinator.cut(message.member);
      return 'ignore';
    };
    const clients = [enter(coordinator.url), enter(coordinator.url), enter(coordinator.url)];
    await coordinator.seats(3);
    const end = await coordinator.run(settingsFor(coordinator.publish(modelFile())));
    expect(end).toMatchObject({ kind: 'committed', drops: [] });
    expect(cuts).toBe(1);
    await Promise.all(clients.map(({ log }) => log.next('committed')));
    expect(clients.flatMap(({ log }) => log.of('disconnected'))).toHaveLength(1);
    expect(clients.flatMap(({ log }) => log.of('connected')).filter(({ renewed }) => renewed)).toHaveLength(
      recoveryMs === 0 ? 1 : 0,
    );
    expect(coordinator.hellos).toHaveLength(recoveryMs === 0 ? 4 : 3);
  });

  it.each(MESSAGES)('before %s is acknowledged sends it twice, and the second copy is harmless', async (name) => {
    const coordinator = await start();
    let cuts = 0;
    coordinator.script.onMessage = (message) => {
      if (message.name !== name || cuts > 0) return undefined;
      cuts++;
      coordinator.cut(message.member);
      return 'lose-ack';
    };
    const clients = [enter(coordinator.url), enter(coordinator.url), enter(coordinator.url)];
    await coordinator.seats(3);
    const end = await coordinator.run(settingsFor(coordinator.publish(modelFile())));
    expect(end).toMatchObject({ kind: 'committed', drops: [] });
    await Promise.all(clients.map(({ log }) => log.next('committed')));
    expect(clients.flatMap(({ log }) => log.of('refused'))).toEqual([]);
  });

  it('takes the same seat again with the token of its welcome', async () => {
    const coordinator = await start({ recoveryMs: 0 });
    const { log } = enter(coordinator.url);
    const { member } = await log.next('connected');
    coordinator.cut(member);
    expect(await log.next('connected', 2)).toMatchObject({ member, renewed: true });
  });

  it('waits out a seat that the coordinator still holds for the dead connection', async () => {
    const coordinator = await start({ recoveryMs: 0 });
    const { log } = enter(coordinator.url);
    const { member } = await log.next('connected');
    coordinator.script.onHello = ({ context }) =>
      coordinator.hellos.length === 2
        ? encodeAbort({ suite: DEFAULT_SUITE, context }, new CairnError('seat-taken', 'still there'))
        : undefined;
    coordinator.cut(member);
    expect(await log.next('connected', 2)).toMatchObject({ member });
    expect(log.of('failed')).toEqual([]);
    expect(coordinator.hellos).toHaveLength(3);
  });

  it('gives up the round when it was given another seat', async () => {
    const coordinator = await start({ recoveryMs: 0 });
    const { log } = enter(coordinator.url);
    const { member } = await log.next('connected');
    coordinator.invite(settingsFor(coordinator.publish(modelFile())), member);
    await coordinator.message('advertiseKeys');
    coordinator.forgetSeats();
    coordinator.cut(member);
    expect((await log.next('connected', 2)).member).not.toBe(member);
    await coordinator.message('abort');
    expect(log.of('state').at(-1)).toMatchObject({ state: 'advertise-keys' });
  });
});

describe('leaving', () => {
  it('before there is a connection resolves', async () => {
    const { participation } = enter('http://127.0.0.1:1', new StepApp());
    await participation.leave();
    await expect(participation.closed).resolves.toMatchObject({ member: undefined, included: 0 });
  });

  it('while data is loaded never connects', async () => {
    const coordinator = await start();
    const { opened, open } = gate();
    const app = Object.assign(new StepApp(), { data: () => opened.then(() => [1]) });
    const { participation } = enter(coordinator.url, app);
    await participation.leave();
    open();
    await opened;
    expect(coordinator.hellos).toEqual([]);
  });

  it('during training aborts it, and sends nothing of it', async () => {
    const coordinator = await start();
    const app = new StepApp();
    app.before = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stop'))));
    const { log, participation } = enter(coordinator.url, app);
    const { member } = await log.next('connected');
    coordinator.invite(settingsFor(coordinator.publish(modelFile())), member);
    await log.next('training');
    await participation.leave();
    expect(app.contexts[0]!.signal.aborted).toBe(true);
    expect(coordinator.received.map(({ name }) => name)).toEqual(['abort']);
    expect(decodeAbort(coordinator.received[0]!.bytes).code).toBe('member-left');
    expect(log.events.at(-1)).toEqual({ kind: 'left' });
    expect(log.of('refused')).toEqual([]);
  });

  it.each(['shareKeys', 'maskedInput'] as const)(
    'after %s wipes every secret, and tells the coordinator',
    async (name) => {
      const coordinator = await start({ onMessage: (message) => (message.name === name ? 'swallow' : undefined) });
      const drawn: Uint8Array[] = [];
      const random = (length: number): Uint8Array => {
        const bytes = systemRandom(length);
        drawn.push(bytes);
        return bytes;
      };
      const { log, participation } = enter(coordinator.url, new StepApp(), { random, seed: 1 });
      enter(coordinator.url);
      enter(coordinator.url);
      await coordinator.seats(3);
      const { member } = await log.next('connected');
      void coordinator.run(settingsFor(coordinator.publish(modelFile())));
      await coordinator.message(name, { member });
      const secrets = drawn.filter(({ length }) => length === 32);
      expect(secrets.length).toBeGreaterThanOrEqual(3);
      // Shamir's coefficients and quantization's rounding are drawn too; what may be left is neither key nor seed.
      const before = secrets.filter((secret) => secret.some((byte) => byte !== 0)).length;
      await participation.leave();
      const after = secrets.filter((secret) => secret.some((byte) => byte !== 0)).length;
      expect(after).toBe(0);
      if (name === 'shareKeys') expect(before).toBeGreaterThan(0);
      expect(await coordinator.message('abort', { member })).toMatchObject({ member });
    },
  );

  it('wipes an identity that it made from a seed, at the end', async () => {
    const coordinator = await start();
    const wiped: SecretBytes[] = [];
    const wipe = SecretBytes.prototype.wipe;
    SecretBytes.prototype.wipe = function (this: SecretBytes) {
      wiped.push(this);
      wipe.call(this);
    };
    try {
      const seed = systemRandom(32);
      const { log, participation } = enter(coordinator.url, new StepApp(), { seed: 1, identity: { member: 3, seed } });
      await log.next('connected');
      expect(wiped).toEqual([]);
      await participation.leave();
      expect(wiped).toHaveLength(1);
      expect(wiped[0]!.forTestingIsZero()).toBe(true);
      expect(seed.some((byte) => byte !== 0)).toBe(true);
    } finally {
      SecretBytes.prototype.wipe = wipe;
    }
  });

  it('happens when the signal is aborted, and only once', async () => {
    const coordinator = await start();
    const controller = new AbortController();
    const { log, participation } = enter(coordinator.url, new StepApp(), { signal: controller.signal });
    await log.next('connected');
    controller.abort();
    await Promise.all([participation.leave(), participation.leave()]);
    expect(log.of('left')).toHaveLength(1);
  });
});
