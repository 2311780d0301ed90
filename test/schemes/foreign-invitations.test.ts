import { beforeEach, describe, expect, it } from 'vitest';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { openMessage } from '../../protocol/wire/header.ts';
import { decodeAbort } from '../../protocol/wire/messages/abort.ts';
import { encodeInvitation } from '../../protocol/wire/messages/invitation.ts';
import { encodeSettings, type RoundSettings, settingsHash } from '../../protocol/wire/settings.ts';
import type { ScriptedCoordinator } from '../client/support/coordinator.ts';
import { gate, modelFile, settingsFor, StepApp } from '../client/support/rounds.ts';
import { useClients } from '../client/support/session.ts';
import { equalBytes } from '../../protocol/crypto/bytes.ts';

// Invitations to a round of a scheme that the client was not given, however and whenever they come.

const { coordinator: start, enter } = useClients();
let coordinator: ScriptedCoordinator;

beforeEach(async () => {
  coordinator = await start();
});

const FOREIGN = { scheme: 'unsafe-plain' } as const;

async function alone(app = new StepApp()) {
  const client = enter(coordinator.url, app);
  await coordinator.seats(1);
  return { ...client, member: coordinator.members[0]!, hash: coordinator.publish(modelFile()) };
}

const aborts = () => coordinator.received.filter(({ name }) => name === 'abort');

/** Sends an invitation whose header says something else than its settings. */
function inviteAs(settings: RoundSettings, member: number, header: { suite?: 1 | 2; context?: Uint8Array }) {
  const encoded = encodeSettings(settings);
  const context = settingsHash(nodePrimitives, encoded);
  coordinator.send(member, encodeInvitation({ suite: settings.suite, context, settings: encoded, ...header }));
}

describe('an invitation to a scheme that the client was not given', () => {
  it('is refused each time that it comes, before anything is fetched, and stands in no later round’s way', async () => {
    const { log, member, hash, app } = await alone();
    const settings = settingsFor(hash, FOREIGN);
    for (let times = 1; times <= 3; times++) {
      coordinator.invite(settings, member);
      await coordinator.message('abort', { nth: times });
      await log.next('refused', times);
    }
    expect(log.of('refused').map(({ code, repeated }) => [code, repeated])).toEqual([
      ['scheme-unknown', false],
      ['scheme-unknown', true],
      ['scheme-unknown', true],
    ]);
    expect(coordinator.requests).toEqual([]);
    expect(app.contexts).toEqual([]);
    coordinator.invite({ ...settings, scheme: 'secagg' }, member);
    await coordinator.message('advertiseKeys');
    expect(log.of('refused')).toHaveLength(3);
  });

  it('leaves the round that is under way alone', async () => {
    const app = new StepApp();
    const { opened, open } = gate();
    app.before = () => opened;
    const { log, member, hash } = await alone(app);
    const own = coordinator.invite(settingsFor(hash), member);
    await log.next('training');
    coordinator.invite(settingsFor(hash, FOREIGN), member);
    coordinator.invite(settingsFor(hash, { ...FOREIGN, task: 'another' }), member);
    await log.next('refused', 2);
    open();
    const { bytes } = await coordinator.message('advertiseKeys');
    expect(openMessage('advertiseKeys', bytes).header.context).toEqual(own);
    expect(log.of('abandoned')).toEqual([]);
  });

  it('that carries the hash of the round under way is no word about that round', async () => {
    const { log, member, hash } = await alone();
    const own = coordinator.invite(settingsFor(hash), member);
    await coordinator.message('advertiseKeys');
    inviteAs(settingsFor(hash, FOREIGN), member, { context: own });
    await log.next('ignored');
    coordinator.invite(settingsFor(hash, FOREIGN), member);
    await log.next('refused');
    expect(aborts().some(({ bytes }) => equalBytes(decodeAbort(bytes).context, own))).toBe(false);
    expect(log.of('ignored')).toMatchObject([{ code: 'session-mismatch' }]);
  });

  it('that comes in another suite than its settings is no invitation', async () => {
    const { log, member, hash } = await alone();
    inviteAs(settingsFor(hash, FOREIGN), member, { suite: 2 });
    expect(await log.next('ignored')).toMatchObject({ code: 'wire-suite' });
    expect(log.of('refused')).toEqual([]);
  });

  it.each([
    ['control bytes', '\u001b[2J\u0007\r\n\u0000secagg'],
    ['marks of direction', '\u202Esecagg\u2066'],
    ['a byte order mark', '\uFEFFsecagg'],
    ['no name at all', ''],
    ['other case', 'SecAgg'],
    ['blanks', 'secagg '],
    ['a property of objects', '__proto__'],
    ['another one', 'constructor'],
    ['as many bytes as fit', 'é'.repeat(64)],
  ])('is refused in printable words where its name has %s', async (_, scheme) => {
    const { log, member, hash } = await alone();
    coordinator.invite(settingsFor(hash, { scheme }), member);
    const { code, message } = await log.next('refused');
    expect(code).toBe('scheme-unknown');
    expect(message).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    const { bytes } = await coordinator.message('abort');
    expect(decodeAbort(bytes)).toMatchObject({ code: 'scheme-unknown' });
  });
});
