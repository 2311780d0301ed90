import { describe, expect, it } from 'vitest';
import type { Drop } from '../../protocol/rounds/index.ts';
import { clientIndex, type MemberId, memberId } from '../../protocol/ids.ts';
import { decodeShareKeys } from '../../protocol/schemes/secagg/messages/share-keys.ts';
import { Lab, seeded } from '../../simulations/attacks/open-round/lab.ts';
import {
  AGREED_SHARE,
  anyShare,
  committing,
  correctableHolders,
  dealingAnother,
  holdersOf,
  lyingAbout,
  resealing,
  revealing,
  untilUnmasking,
} from '../../simulations/attacks/open-round/liars.ts';

// Members that lie about shares, against an honest server: as holders when they reveal them, and as owners when they
// share. A sum that is committed is exact, whoever lies.

const BAD = memberId(2);
const settings = { colludingPpm: 50_000, dropoutPpm: 50_000, dimension: 1 };
const rounds = (['curious', 'active'] as const).flatMap((adversary) =>
  (['complete', 'ring'] as const).map((graph) => ({ adversary, graph })),
);
type Kind = (typeof rounds)[number];

const labOf = ({ adversary, graph }: Kind, seed = 'false shares'): Lab =>
  new Lab({ seed, n: graph === 'ring' ? 48 : 12, adversary, settings: { ...settings, graph } });

/** Runs on until shares are asked for; `lost` leave after they shared. */
function unmasking(lab: Lab, lost: readonly MemberId[] = []) {
  untilUnmasking(lab, lost);
  if (lab.server.name !== 'unmasking') throw new Error('the server does not ask for shares');
  const { facts } = lab.server;
  expect(facts.parameters.graph).toBe(lab.settings.graph);
  return facts;
}

function expectExact(lab: Lab, included: readonly MemberId[], drops: readonly Partial<Drop>[]): void {
  expect(lab.committed?.included).toEqual(included);
  expect(lab.committed?.sum).toEqual(lab.plainSum(included));
  const found = lab.committed!.drops.filter(({ reason }) => reason === 'share-false');
  const common = { state: 'unmasking', reason: 'share-false', effect: 'after-input' };
  expect(found).toEqual(drops.map((drop) => ({ ...common, ...drop })));
  expect(lab.drops.filter(({ reason }) => reason === 'share-false')).toEqual(found);
}

function expectMismatch(lab: Lab, owner: MemberId): void {
  expect(lab.committed).toBeUndefined();
  expect(lab.aborted?.error).toMatchObject({ code: 'secret-mismatch', culprits: [owner] });
}

describe.each(rounds)('in an $adversary round on the $graph graph', (kind) => {
  it('a holder that lies about every share is found, and the sum is exact', () => {
    const lab = labOf(kind);
    const { graph, roster, indexOf } = unmasking(lab);
    const noise = seeded('noise');
    lab.run({ up: revealing(lab, [BAD], () => anyShare(noise)) });
    // It is found at the first secret that its share is used for, and others' shares are used from then on.
    const first = graph.holders(indexOf.get(BAD)!).find((owner) => graph.holders(clientIndex(owner))[0]! <= 1)!;
    expectExact(lab, lab.members, [{ member: BAD, owners: [roster[first]!.member] }]);
  });

  it.each(['seed', 'key'] as const)(
    'as many holders as can be corrected, all with one lie about a %s, are found',
    (what) => {
      const lab = labOf(kind);
      const victim = memberId(6);
      const lost = what === 'key' ? [victim] : [];
      unmasking(lab, lost);
      const liars = correctableHolders(lab, victim, lost);
      expect(liars.length).toBeGreaterThanOrEqual(1);
      lab.run({ up: revealing(lab, liars, lyingAbout(victim)) });
      const included = lab.members.filter((member) => !lost.includes(member));
      expectExact(
        lab,
        included,
        liars.map((member) => ({ member, owners: [victim] })),
      );
    },
  );

  it('more of them end in an exact sum or in secret-mismatch, never in a wrong sum', () => {
    const victim = memberId(6);
    const first = labOf(kind);
    const { parameters } = unmasking(first);
    const holders = holdersOf(first, victim);
    const checks = holders.length - parameters.threshold;
    const ends = new Set<string>();
    for (const count of new Set([Math.floor(checks / 2) + 1, checks, parameters.threshold, holders.length])) {
      for (const lie of ['agreed', 'noise'] as const) {
        const lab = labOf(kind);
        unmasking(lab);
        const noise = seeded(`noise ${count}`);
        const tell = (share: Uint8Array, owner: MemberId): Uint8Array =>
          owner !== victim ? share : lie === 'agreed' ? AGREED_SHARE : anyShare(noise);
        lab.run({ up: revealing(lab, holders.slice(0, count), tell) });
        ends.add(lab.committed === undefined ? 'mismatch' : 'exact');
        if (lab.committed === undefined) expectMismatch(lab, victim);
        else expect(lab.committed.sum).toEqual(lab.plainSum(lab.members));
      }
    }
    // Lies that do not fit each other are corrected beyond the bound; those of everybody are not.
    expect([...ends].sort()).toEqual(['exact', 'mismatch']);
  });

  it.each(['seed', 'key'] as const)(
    'an owner that shared another %s than it is bound to ends the round, and is named',
    (what) => {
      const lab = labOf(kind);
      lab.up(dealingAnother(lab, BAD, what, seeded('another secret')));
      unmasking(lab, what === 'key' ? [BAD] : []);
      lab.run();
      expectMismatch(lab, BAD);
    },
  );

  it.each(['seed', 'key'] as const)(
    'an owner that gives one holder a false share of its %s is named beside it',
    (what) => {
      const lab = labOf(kind);
      const reseal = resealing(lab, BAD);
      const { neighbours } = lab.client(BAD, 'share-keys').facts;
      const framed = neighbours[0]!;
      lab.up(reseal(what, (share, to) => (to === framed.index ? AGREED_SHARE : share)));
      const lost = what === 'key' ? [BAD] : [];
      unmasking(lab, lost);
      lab.run();
      const included = lab.members.filter((member) => !lost.includes(member));
      expectExact(lab, included, [{ member: framed.advertisement.member, owners: [BAD] }]);
    },
  );

  it.each([
    ['flipped in one bit', (own: Uint8Array) => Uint8Array.from(own, (byte, i) => (i === 7 ? byte ^ 4 : byte))],
    ['of another member', (_: Uint8Array, others: Uint8Array) => others],
  ])('a commitment %s ends the round with its sender as culprit', (_, change) => {
    const lab = labOf(kind);
    lab.client(BAD, 'share-keys');
    const others = decodeShareKeys(lab.message('shareKeys', 5)).commitment;
    lab.up(committing(lab, BAD, (own) => change(own, others)));
    lab.run();
    expectMismatch(lab, BAD);
  });

  it('a commitment is no hindrance where its member drops, whatever it says', () => {
    const lab = labOf(kind);
    lab.client(BAD, 'share-keys');
    const commitment = new Uint8Array(32);
    lab.up(committing(lab, BAD, () => commitment));
    unmasking(lab, [BAD]);
    lab.run();
    expectExact(
      lab,
      lab.members.filter((member) => member !== BAD),
      [],
    );
  });
});

describe('where only one share more than the threshold came', () => {
  it('a lie that is used ends the round with secret-mismatch, and one that is not needed is not looked for', () => {
    for (const [liar, committed] of [
      [1, false],
      [8, true],
    ] as const) {
      const lab = labOf({ adversary: 'curious', graph: 'complete' });
      const { parameters } = unmasking(lab);
      expect(parameters.threshold).toBe(7);
      const rewrite = revealing(lab, [memberId(liar)], lyingAbout(memberId(3)));
      for (const silent of [9, 10, 11, 12]) lab.leave(silent);
      lab.run({ up: rewrite });
      if (committed) expectExact(lab, lab.members, []);
      else expectMismatch(lab, memberId(3));
    }
  });
});

describe('a holder that had left before its share was found false', () => {
  it('is in the records twice, and counts', () => {
    const lab = labOf({ adversary: 'curious', graph: 'complete' });
    unmasking(lab);
    const rewrite = revealing(lab, [BAD], lyingAbout(memberId(3)));
    lab.down();
    const [own] = lab.toServer.filter(({ member }) => member === BAD).flatMap((mail) => rewrite(mail));
    lab.toServer = lab.toServer.filter(({ member }) => member !== BAD);
    lab.serverGets(BAD, own!.bytes);
    lab.leave(BAD);
    lab.run();
    expectExact(lab, lab.members, [{ member: BAD, owners: [memberId(3)] }]);
    expect(lab.committed!.drops.map(({ reason }) => reason)).toEqual(['member-left', 'share-false']);
  });
});
