import { beforeEach, describe, expect, it } from 'vitest';
import { SessionDriver } from '../../coordinator/rounds/session-driver.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { CairnError } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import type { Scheme } from '../../protocol/rounds/scheme.ts';
import { byState } from '../../protocol/rounds/states.ts';
import { secagg } from '../../protocol/schemes/secagg/scheme.ts';
import { receiveMessage, startMessage } from '../../protocol/wire/header.ts';
import { encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { encodeOutcome } from '../../protocol/wire/messages/outcome.ts';
import type { ScriptedCoordinator } from '../client/support/coordinator.ts';
import { gate, modelFile, settingsFor, StepApp } from '../client/support/rounds.ts';
import { useClients } from '../client/support/session.ts';
import { unsafePlain } from './unsafe-plain.ts';

// What drivers of both sides take from the bytes of a message themselves. It is no more than the scheme's session would
// take from them: a message that a session refuses changes nothing in its driver either.

const { coordinator: start, enter } = useClients();
let coordinator: ScriptedCoordinator;

beforeEach(async () => {
  coordinator = await start();
});

async function alone(app = new StepApp(), schemes: readonly Scheme[] = [secagg]) {
  const client = enter(coordinator.url, app, { schemes });
  await coordinator.seats(1);
  return { ...client, member: coordinator.members[0]!, hash: coordinator.publish(modelFile()) };
}

const GONE = new CairnError('round-abandoned', 'gone');
const cut = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, -1);
const longer = (bytes: Uint8Array): Uint8Array => Uint8Array.of(...bytes, 0);

describe('a client’s driver', () => {
  it.each([
    ['Abort', (context: Uint8Array) => encodeAbort({ suite: 2, context }, GONE)],
    [
      'Outcome',
      (context: Uint8Array) => encodeOutcome({ suite: 2, context, kind: 'abandoned', code: 'internal', message: '' }),
    ],
  ])('does not end a round by an %s of another suite before its session has started', async (_, message) => {
    const { opened, open } = gate();
    coordinator.delay = opened;
    const { log, member, hash } = await alone();
    const context = coordinator.invite(settingsFor(hash), member);
    await coordinator.until(() => coordinator.requests.length > 0);
    coordinator.send(member, message(context));
    open();
    await coordinator.message('advertiseKeys');
    expect(log.of('abandoned')).toEqual([]);
    expect(log.of('ignored')).toMatchObject([{ code: 'wire-suite' }]);
  });

  it.each([
    ['an Abort that is cut off', (context: Uint8Array) => cut(encodeAbort({ suite: 1, context }, GONE))],
    ['an Abort with a byte too many', (context: Uint8Array) => longer(encodeAbort({ suite: 1, context }, GONE))],
    ['an Outcome’s header alone', (context: Uint8Array) => startMessage('outcome', { suite: 1, context }).finish()],
    ['an Abort of another suite', (context: Uint8Array) => encodeAbort({ suite: 2, context }, GONE)],
  ])('does not take a waiting invitation back by %s', async (_, message) => {
    const app = new StepApp();
    const { opened, open } = gate();
    app.before = () => opened;
    const { log, member, hash } = await alone(app);
    const first = coordinator.invite(settingsFor(hash), member);
    await log.next('training');
    const second = coordinator.invite(settingsFor(hash, { task: 'another' }), member);
    coordinator.send(member, message(second));
    coordinator.abandon(first, member);
    open();
    await log.next('abandoned');
    expect(await log.next('invited', 2)).toMatchObject({ task: 'another' });
  });

  it('gives a session that asks early its input once there is one', async () => {
    const app = new StepApp();
    const { opened, open } = gate();
    app.before = () => opened;
    const { log, member, hash } = await alone(app, [unsafePlain]);
    const context = coordinator.invite(settingsFor(hash, { scheme: unsafePlain.name }), member);
    await log.next('training');
    coordinator.send(member, startMessage('routedShares', { suite: 1, context }).finish());
    expect(await log.next('state', 2)).toMatchObject({ state: 'masked-input' });
    open();
    await coordinator.message('maskedInput');
  });

  it('is in no round any more that the coordinator does not know, whatever its scheme', async () => {
    const { log, member, hash } = await alone(new StepApp(), [unsafePlain]);
    coordinator.script.onMessage = ({ name, bytes }) =>
      name === 'advertiseKeys'
        ? encodeAbort({ suite: 1, context: bytes.subarray(3, 35) }, new CairnError('member-unknown', 'who?'))
        : undefined;
    coordinator.invite(settingsFor(hash, { scheme: unsafePlain.name }), member);
    expect(await log.next('abandoned')).toMatchObject({ code: 'member-unknown' });
  });
});

describe('a coordinator’s driver', () => {
  const MEMBERS = [1, 2, 3].map(memberId);

  function driverOf(scheme: Scheme) {
    const settings = settingsFor(new Uint8Array(32), scheme.name === 'secagg' ? {} : { scheme: scheme.name });
    const driver = new SessionDriver({
      primitives: nodePrimitives,
      scheme,
      settings,
      invited: MEMBERS,
      target: 3,
      deadlines: byState(() => 600_000),
      compute: () => Promise.reject(new Error('nothing is computed here')),
      send: () => undefined,
    });
    driver.begin();
    return { driver, context: driver.settingsHash };
  }

  const end = async (driver: SessionDriver) => {
    driver.abandon(new CairnError('round-abandoned', 'the test is over'));
    return (await driver.ended).refused;
  };

  describe.each<[string, Scheme]>([
    ['secagg', secagg],
    ['unsafePlain', unsafePlain],
  ])('of %s', (_, scheme) => {
    it('counts a refusal that comes twice, as after a lost acknowledgement', async () => {
      const { driver, context } = driverOf(scheme);
      const abort = encodeAbort({ suite: 1, context }, new CairnError('scheme-unknown', 'not by this one'));
      expect(driver.message(MEMBERS[0]!, receiveMessage(abort))).toBeUndefined();
      expect(driver.message(MEMBERS[0]!, receiveMessage(abort))?.code).toBeDefined();
      expect(await end(driver)).toEqual([1]);
    });

    it('counts no refusal of another round, of another suite or of somebody else', async () => {
      const { driver, context } = driverOf(scheme);
      const other = context.map((byte) => byte ^ 1);
      expect(
        driver.message(MEMBERS[0]!, receiveMessage(encodeAbort({ suite: 1, context: other }, GONE)))?.code,
      ).toBeDefined();
      expect(driver.message(memberId(9), receiveMessage(encodeAbort({ suite: 1, context }, GONE)))?.code).toBeDefined();
      expect(await end(driver)).toEqual([]);
    });
  });

  it('knows of a scheme without roster parameters, too, when members have lost something by its end', async () => {
    const { driver, context } = driverOf(unsafePlain);
    for (const member of MEMBERS)
      driver.message(member, receiveMessage(startMessage('advertiseKeys', { suite: 1, context }).finish()));
    expect(driver.state).toBe('masked-input');
    driver.abandon(GONE);
    expect(await driver.ended).toMatchObject({ rostered: true });
    const early = driverOf(unsafePlain).driver;
    early.abandon(GONE);
    expect(await early.ended).toMatchObject({ rostered: false });
  });

  it('counts refusals in whatever state a scheme begins', async () => {
    const { server } = unsafePlain;
    const inputsAtOnce: Scheme = {
      ...unsafePlain,
      states: ['masked-input'],
      server: {
        ...server,
        start(start) {
          const { state, ...step } = server.start(start);
          const events = [{ kind: 'state', name: 'masked-input', members: MEMBERS.length }] as const;
          return { ...step, state: { ...state, name: 'masked-input' }, events };
        },
      },
    };
    const { driver, context } = driverOf(inputsAtOnce);
    driver.message(MEMBERS[0]!, receiveMessage(encodeAbort({ suite: 1, context }, GONE)));
    driver.abandon(GONE);
    expect(await driver.ended).toMatchObject({ refused: [1], rostered: false });
  });

  it('counts the refusal of a member that is out for an Abort which cannot be read', async () => {
    const { driver, context } = driverOf(secagg);
    const abort = receiveMessage(longer(encodeAbort({ suite: 1, context }, GONE)));
    expect(driver.message(MEMBERS[0]!, abort)?.code).toBe('wire-trailing');
    driver.abandon(GONE);
    expect(await driver.ended).toMatchObject({ refused: [1], drops: [{ member: 1 }] });
  });
});
