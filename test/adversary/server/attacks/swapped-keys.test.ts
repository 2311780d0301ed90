import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../../protocol/errors.ts';
import { memberId } from '../../../../protocol/ids.ts';
import type { Advertisement } from '../../../../protocol/schemes/secagg/messages/advertise-keys.ts';
import { rosterAs } from '../../../../simulations/attacks/open-round/cheats.ts';
import { forged, towards } from '../forged.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { expectNoInput, expectRecovered } from '../verdicts.ts';

const scene = useScenes();

const N = 7;
const ACCOMPLICE = memberId(7);
const HONEST = [1, 2, 3, 4, 5, 6];

/** What the target says to a roster in which advertisements were exchanged, in an active round with one accomplice. */
async function verdictOn(
  swap: (one: Advertisement, context: Uint8Array, hall: Scene, all: readonly Advertisement[]) => Advertisement,
): Promise<ErrorCode> {
  const hall = await scene({ seed: 'swapped', n: N, honest: HONEST });
  hall.round({
    down: (mail, { context }) =>
      towards(
        TARGET,
        rosterAs((members) => members.map((one) => swap(one, context, hall, members))),
      )(mail),
  });
  const { code } = await hall.target.log.next('refused');
  expectNoInput(hall);
  return code;
}

describe('a coordinator in the middle is refused before anything is shared, with', () => {
  it('keys of its own for everybody else', async () => {
    const code = await verdictOn((one, context, hall) =>
      one.member === TARGET ? one : forged(hall, context, { member: one.member }),
    );
    expect(code).toBe('identity-signature');
  });

  it.each(['cipherKey', 'maskKey'] as const)('another %s for one member, under its old signature', async (key) => {
    const code = await verdictOn((one, context, hall) =>
      one.member === 5 ? { ...one, [key]: forged(hall, context, { member: 5 })[key] } : one,
    );
    expect(code).toBe('identity-signature');
  });

  it('other keys for the target itself, so that the others would seal to the attacker', async () => {
    const code = await verdictOn((one, context, hall) =>
      one.member === TARGET ? forged(hall, context, { member: TARGET }) : one,
    );
    expect(code).toBe('own-key-altered');
  });

  it('the target’s own mask key reflected by an accomplice', async () => {
    const code = await verdictOn((one, context, hall, all) => {
      if (one.member !== ACCOMPLICE) return one;
      const { maskKey } = all[TARGET - 1]!;
      return forged(hall, context, { ...one, maskKey, identity: hall.membership.identities.get(ACCOMPLICE) });
    });
    expect(code).toBe('key-duplicate');
  });

  it('a key of low order from an accomplice, with which every secret agreed is known', async () => {
    const code = await verdictOn((one, context, hall) => {
      if (one.member !== ACCOMPLICE) return one;
      const maskKey = new Uint8Array(32);
      return forged(hall, context, { ...one, maskKey, identity: hall.membership.identities.get(ACCOMPLICE) });
    });
    expect(code).toBe('key-invalid');
  });
});

describe('every other member is shown the attacker’s keys for the target, and', () => {
  it('refuses them, so that nobody seals a share to the attacker in the target’s stead', async () => {
    const hall = await scene({ seed: 'swapped for all', n: N, honest: HONEST });
    const fake = (context: Uint8Array): Advertisement => forged(hall, context, { member: TARGET });
    const others = hall.honest.filter((member) => member !== TARGET);
    hall.round({
      down: (mail, { context }) =>
        mail.member === TARGET
          ? [mail]
          : rosterAs((members) => members.map((one) => (one.member === TARGET ? fake(context) : one)))(mail),
    });
    expect(new Set(Object.values(await hall.ends(others)))).toEqual(new Set(['identity-signature']));
    await hall.ends([TARGET]);
    expectNoInput(hall);
  });
});

describe('in a curious round', () => {
  it('a coordinator in the middle, who plays all others towards the target, RECOVERS its update', async () => {
    const hall = await scene({ seed: 'middle', n: N, adversary: 'curious' });
    const settings = hall.settings();
    const played = hall.members.filter((member) => member !== TARGET);
    hall.round({}, settings, { played });
    expect(await hall.ends([TARGET])).toEqual({ [TARGET]: 'committed' });
    expectRecovered(hall, settings);
  });
});
