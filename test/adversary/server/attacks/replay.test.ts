import { describe, expect, it } from 'vitest';
import { concatBytes, equalBytes } from '../../../../protocol/crypto/bytes.ts';
import { DEFAULT_SUITE } from '../../../../protocol/crypto/suite.ts';
import { bitmapOf } from '../../../../protocol/wire/bitmap.ts';
import { decodeAdvertiseKeys } from '../../../../protocol/schemes/secagg/messages/advertise-keys.ts';
import { decodeRoster, encodeRoster } from '../../../../protocol/schemes/secagg/messages/roster.ts';
import { encodeRoutedShares } from '../../../../protocol/schemes/secagg/messages/routed-shares.ts';
import { decodeShareKeys, SEALED_SHARES_LENGTH } from '../../../../protocol/schemes/secagg/messages/share-keys.ts';
import { rosterAs } from '../../../../simulations/attacks/open-round/cheats.ts';
import { rewriting } from '../../../../simulations/attacks/open-round/lab.ts';
import type { Script } from '../../../../simulations/attacks/coordinator/evil-round.ts';
import { towards } from '../forged.ts';
import { hasContext, relabelled } from '../../../../simulations/attacks/open-round/cheats.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { expectNoInput, expectOnlySum } from '../verdicts.ts';

const scene = useScenes();

const N = 7;
const HONEST = [1, 2, 3, 4, 5, 6];

/** A round that was run to its end: the contexts of its messages. */
async function past(hall: Scene): Promise<{ readonly context: Uint8Array; readonly sessionId: Uint8Array }> {
  const { context } = hall.round();
  await hall.ends();
  const [shared] = hall.coordinator.transcript.of('up', 'shareKeys', TARGET);
  return { context, sessionId: decodeShareKeys(shared!).context };
}

describe('an old session', () => {
  it('cannot be begun again: the target knows its invitation', async () => {
    const hall = await scene({ seed: 'again', n: N, honest: HONEST });
    await past(hall);
    const { transcript } = hall.coordinator;
    const [invitation] = transcript.of('down', 'invitation', TARGET);
    hall.coordinator.send(TARGET, invitation!);
    expect(await hall.target.log.next('refused')).toMatchObject({ code: 'round-replayed' });
    expect(transcript.of('up', 'advertiseKeys', TARGET)).toHaveLength(1);
    expect(hall.target.app.contexts).toHaveLength(1);
  });

  it('has no say in a new one: each of its messages is ignored in every state, and the new round goes its way', async () => {
    const hall = await scene({ seed: 'old messages', n: N, honest: HONEST });
    const { context, sessionId } = await past(hall);
    const { transcript } = hall.coordinator;
    const old = transcript.passed.filter(
      ({ direction, member, bytes }) =>
        direction === 'down' && member === TARGET && (hasContext(bytes, context) || hasContext(bytes, sessionId)),
    );
    expect(new Set(old.map(({ name }) => name))).toEqual(
      new Set(['invitation', 'roster', 'routedShares', 'survivors', 'unmaskRequest', 'outcome']),
    );
    const replays = old.filter(({ name }) => name !== 'invitation');
    const settings = hall.settings({ minCohort: N });
    hall.round(
      {
        down: (mail) =>
          mail.member === TARGET ? [...replays.map(({ bytes }) => ({ member: TARGET, bytes })), mail] : [mail],
      },
      settings,
    );
    await hall.target.log.next('committed', 2);
    const codes = hall.target.log.of('ignored').map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(['session-mismatch', 'wrong-state', 'unmask-twice']));
    // Five old messages before each of six new ones; those before the invitation found no round at all.
    expect(codes).toHaveLength(5 * 6);
    expect(transcript.of('up', 'unmaskShares', TARGET)).toHaveLength(2);
    expectOnlySum(hall, settings, hall.honest);
  });

  it('does not come to life for a target that was started anew and knows nothing of it: old shares do not open', async () => {
    const hall = await scene({ seed: 'restart', n: N, honest: HONEST });
    const { context } = await past(hall);
    const { transcript } = hall.coordinator;
    const [oldRoster] = transcript.of('down', 'roster', TARGET);
    const [oldShares] = transcript.of('down', 'routedShares', TARGET);
    const [invitation] = transcript.of('down', 'invitation', TARGET);
    await hall.target.participation.leave();
    await hall.enter(TARGET);
    hall.coordinator.receiver = undefined;
    hall.coordinator.send(TARGET, invitation!);
    await hall.until(() => transcript.of('up', 'advertiseKeys', TARGET).length === 2);
    const { advertisement } = decodeAdvertiseKeys(transcript.of('up', 'advertiseKeys', TARGET)[1]!);
    const roster = decodeRoster(oldRoster!);
    if (roster.body.kind !== 'full') throw new Error('a full roster was expected');
    // The others' old advertisements are rightly signed: for these very settings.
    const advertisements = roster.body.advertisements.map((one) => (one.member === TARGET ? advertisement : one));
    hall.coordinator.send(TARGET, encodeRoster({ ...roster, body: { kind: 'full', advertisements } }));
    await hall.until(() => transcript.of('up', 'shareKeys', TARGET).length === 2);
    const shared = transcript.of('up', 'shareKeys', TARGET)[1]!;
    expect(hasContext(shared, context)).toBe(false);
    expect(decodeShareKeys(shared).count).toBe(N - 1);
    hall.coordinator.send(TARGET, relabelled(oldShares!, decodeShareKeys(shared).context));
    expect(await hall.target.log.next('refused')).toMatchObject({ code: 'share-undecryptable' });
    expect(transcript.of('up', 'maskedInput', TARGET)).toHaveLength(1);
    expect(hall.attempt()).toMatchObject({ candidate: undefined, sum: undefined });
  });
});

describe('a stale roster', () => {
  /** The target's answer to what is made of an old roster in a new round. */
  async function verdictOn(
    change: (old: Uint8Array, now: Uint8Array, context: Uint8Array) => Uint8Array,
  ): Promise<string> {
    const hall = await scene({ seed: 'stale', n: N, honest: HONEST });
    await past(hall);
    const [old] = hall.coordinator.transcript.of('down', 'roster', TARGET);
    const script: Script = {
      down: (mail, { context }) =>
        towards(
          TARGET,
          rewriting('roster', ({ bytes }) => change(old!, bytes, context)),
        )(mail),
    };
    hall.round(script, hall.settings({ minCohort: N }));
    const { log } = hall.target;
    await hall.until(() => log.of('ignored').length + log.of('refused').length > 0);
    const { code } = [...log.of('ignored'), ...log.of('refused')][0]!;
    expect(hall.coordinator.transcript.of('up', 'shareKeys', TARGET)).toHaveLength(1);
    expect(hall.attempt()).toMatchObject({ candidate: undefined, sum: undefined });
    return code;
  }

  it('is ignored under its own settings', async () => {
    expect(await verdictOn((old) => old)).toBe('session-mismatch');
  });

  it('is refused under those of the new round: the target’s keys are others now', async () => {
    expect(await verdictOn((old, _, context) => relabelled(old, context))).toBe('own-key-altered');
  });

  it('is refused with the target’s new keys in it: the others signed their old ones for another round', async () => {
    const code = await verdictOn((old, now) => {
      const [was, is] = [decodeRoster(old), decodeRoster(now)];
      if (was.body.kind !== 'full' || is.body.kind !== 'full') throw new Error('full rosters were expected');
      const advertisements = [...was.body.advertisements];
      advertisements[is.ownIndex] = is.body.advertisements[is.ownIndex]!;
      return encodeRoster({ ...is, body: { kind: 'full', advertisements } });
    });
    expect(code).toBe('identity-signature');
  });
});

describe('a roster with somebody whom the others are not shown', () => {
  it('gives the target a session of its own, in which nobody’s shares open', async () => {
    const hall = await scene({ seed: 'one more', n: N, honest: HONEST });
    const sealed = new Map<number, Uint8Array>();
    const shorter = rosterAs((members) => members.slice(0, -1));
    const round = hall.round({
      down: (mail) => (mail.member === TARGET ? [mail] : shorter(mail)),
      up: rewriting('shareKeys', ({ member, bytes }) => {
        if (hall.honest.includes(member)) sealed.set(member, bytes);
        return undefined;
      }),
    });
    await hall.until(() => sealed.size === HONEST.length);
    const messages = HONEST.filter((member) => member !== TARGET).map((member) => decodeShareKeys(sealed.get(member)!));
    // The target stands at place 2 of each other's list of neighbours, or at place 1 where that member stands before it.
    const entries = messages.map(({ sealed: all }, i) => {
      const place = i < 2 ? 1 : 2;
      return all.slice(place * SEALED_SHARES_LENGTH, (place + 1) * SEALED_SHARES_LENGTH);
    });
    const { context } = decodeShareKeys(sealed.get(TARGET)!);
    for (const message of messages) expect(equalBytes(message.context, context)).toBe(false);
    const present = bitmapOf(N - 1, entries.keys());
    const routed = { suite: DEFAULT_SUITE, context, neighbours: N - 1, present, sealed: concatBytes(...entries) };
    round.send(TARGET, encodeRoutedShares(routed));
    expect(await hall.target.log.next('refused')).toMatchObject({ code: 'share-undecryptable' });
    expectNoInput(hall);
  });
});
