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

const N = 8;
const HONEST = [1, 2, 3, 4, 5, 6];
type Members = readonly Advertisement[];

/** What the target says to a roster that the attacker made for it, in an active round with two accomplices. */
async function verdictOn(change: (members: Members, context: Uint8Array, hall: Scene) => Members): Promise<ErrorCode> {
  const hall = await scene({ seed: 'invented', n: N, honest: HONEST, policy: { colluding: 0.25 } });
  hall.round({
    down: (mail, { context }) =>
      towards(
        TARGET,
        rosterAs((members) => change(members, context, hall)),
      )(mail),
  });
  const { code } = await hall.target.log.next('refused');
  expectNoInput(hall);
  return code;
}

const sorted = (members: Members): Members => [...members].sort((a, b) => a.member - b.member);
const own = (members: Members): Advertisement => members.find(({ member }) => member === TARGET)!;

describe('a roster of the attacker’s making is refused before anything is shared', () => {
  it('with invented members in the place of all others', async () => {
    const code = await verdictOn((members, context, hall) =>
      sorted([own(members), ...[100, 101, 102, 103, 104].map((member) => forged(hall, context, { member }))]),
    );
    expect(code).toBe('identity-unknown');
  });

  it('with one invented member beside the real ones', async () => {
    const code = await verdictOn((members, context, hall) => [...members, forged(hall, context, { member: 100 })]);
    expect(code).toBe('identity-unknown');
  });

  it('with one accomplice at many places', async () => {
    const code = await verdictOn((members) => {
      const accomplice = members[N - 1]!;
      return [...members.slice(0, TARGET), accomplice, accomplice, accomplice];
    });
    expect(code).toBe('roster-order');
  });

  it('with one accomplice’s keys under two ids, signed by two accomplices', async () => {
    const code = await verdictOn((members, context, hall) => {
      const [first, second] = members.slice(-2) as [Advertisement, Advertisement];
      const identity = hall.membership.identities.get(memberId(second.member));
      const copy = forged(hall, context, { ...second, identity, cipherKey: first.cipherKey, maskKey: first.maskKey });
      return [...members.slice(0, -1), copy];
    });
    expect(code).toBe('key-duplicate');
  });

  it('with an accomplice’s advertisement under an honest member’s id', async () => {
    const code = await verdictOn((members) => [{ ...members[N - 1]!, member: memberId(1) }, ...members.slice(1)]);
    expect(code).toBe('identity-signature');
  });

  it('of the target and one accomplice, in whose sum it would be alone', async () => {
    expect(await verdictOn((members) => [own(members), members[N - 1]!])).toBe('cohort-too-small');
  });

  it('without the target', async () => {
    expect(await verdictOn((members) => members.filter(({ member }) => member !== TARGET))).toBe('own-key-altered');
  });
});

describe('in a curious round, which has no identities,', () => {
  it('a cohort of invented members RECOVERS the target’s update: it is for coordinators that do not lie', async () => {
    const hall = await scene({ seed: 'invented curious', n: N, honest: [TARGET], adversary: 'curious' });
    const settings = hall.settings();
    hall.round({}, settings);
    expect(await hall.ends()).toEqual({ [TARGET]: 'committed' });
    expectRecovered(hall, settings);
  });
});
