import { secagg } from '../../protocol/schemes/secagg/scheme.ts';
import { Consent } from '../../client/consent/consent.ts';
import { consentInMemory } from '../../client/consent/memory.ts';
import { note } from '../../client/driver/consent.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ClientHistory, SignedSet } from '../../protocol/schemes/secagg/client/types.ts';
import { shareSecret } from '../../protocol/crypto/shamir.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import type { VirtualMembership } from '../../simulations/engine/virtual-task.ts';
import { frameFalseDealing } from '../../protocol/schemes/secagg/messages/false-dealing.ts';
import { Lab, type LabOptions, type Rewrite, seeded } from '../../simulations/attacks/open-round/lab.ts';
import {
  anyShare,
  committing,
  type Dealt,
  resealing,
  revealing,
  signedSetOf,
  untilUnmasking,
} from '../../simulations/attacks/open-round/liars.ts';

// One member deals falsely in a real round. The others are shown the proof and go on without it, and without nobody else.

const LIAR = memberId(2);

/** Shares of members that may collude: one of 6, two of 8 and two of 12. */
const SIZES = [
  { n: 6, colludingPpm: 200_000 },
  { n: 8, colludingPpm: 250_000 },
  { n: 12, colludingPpm: 200_000 },
] as const;

const settingsFor = ({ colludingPpm }: (typeof SIZES)[number]) => ({ colludingPpm, dimension: 3 });

/** How it deals falsely: what it does to its ShareKeys. */
const lies = {
  'a wrong self seed': (lab: Lab) => {
    const reseal = resealing(lab, LIAR);
    const { parameters } = lab.client(LIAR, 'share-keys').facts;
    const { n: domain, threshold } = parameters;
    const slots = Array.from({ length: domain }, (_, i) => i);
    const random = seeded('another seed');
    const shares = shareSecret({ secret: random(32), threshold, domain, slots, random });
    lab.up(reseal('seed', (_, to) => shares[to]!));
  },
  'garbage to everybody': (lab: Lab) => {
    const reseal = resealing(lab, LIAR);
    lab.client(LIAR, 'share-keys');
    lab.up(reseal('seed', () => anyShare(lab.random)));
  },
  'wrong shares to all but two': (lab: Lab) => {
    const reseal = resealing(lab, LIAR);
    lab.client(LIAR, 'share-keys');
    lab.up(reseal('seed', (share, to) => (to >= lab.members.length - 2 ? share : anyShare(lab.random))));
  },
  'one flipped byte of its commitment': (lab: Lab) => {
    lab.client(LIAR, 'share-keys');
    lab.up(committing(lab, LIAR, (own) => Uint8Array.from(own, (byte, i) => (i === 9 ? byte ^ 0x10 : byte))));
  },
} as const;

interface Failed {
  readonly lab: Lab;
  readonly signed: SignedSet;
  readonly proofs: readonly Uint8Array[];
}

/** A round in which members dealt falsely, and what it left. */
function failed(
  options: Omit<LabOptions, 'adversary'>,
  deal: (lab: Lab) => void,
  lost: readonly number[] = [],
): Failed {
  const lab = new Lab({ ...options, adversary: 'active' });
  deal(lab);
  untilUnmasking(lab, lost);
  const signed = signedSetOf(lab);
  lab.run();
  return { lab, signed, proofs: lab.aborted!.proofs };
}

interface Repeat {
  readonly membership: VirtualMembership;
  readonly signed: SignedSet;
  readonly proofs: readonly Uint8Array[];
  readonly without: readonly MemberId[];
  readonly settings: LabOptions['settings'];
  readonly policy?: LabOptions['policy'];
}

const remembering = (signed: SignedSet) => (): ClientHistory => ({
  roundsWithinDay: 0,
  rebasesWithinDay: 0,
  opened: [],
  record: { inputs: [], signed },
});

/** A later round from the same model, of all but some. */
function repeated({ membership, signed, proofs, without, settings, policy = {} }: Repeat): Lab {
  const n = membership.identities.size;
  const lab = new Lab({
    ...{ seed: 'the next round', n, adversary: 'active', membership, target: n - without.length },
    ...{
      settings: { ...settings, minCohort: n - without.length },
      policy,
      proofs,
      historyOf: remembering(signed),
    },
  });
  for (const member of without) lab.dead.add(member);
  return lab.run();
}

describe.each(SIZES)('of $n members one deals falsely', (size) => {
  const settings = settingsFor(size);
  const { n } = size;

  it.each(Object.keys(lies) as (keyof typeof lies)[])(
    '%s: the others are shown it, and go on without that one',
    (lie) => {
      const { lab, signed, proofs } = failed({ seed: lie, n, settings }, lies[lie]);
      expect(lab.aborted?.error).toMatchObject({ code: 'secret-mismatch', culprits: [LIAR] });
      expect(proofs).toHaveLength(1);
      const membership = lab.membership!;
      const next = repeated({ membership, signed, proofs, without: [LIAR], settings });
      const others = lab.members.filter((member) => member !== LIAR);
      expect(next.committed?.included).toEqual(others);
      expect(next.committed?.sum).toEqual(next.plainSum(others));
      const told = next.clientEvents.filter(({ event }) => event.kind === 'false-dealing');
      expect(told.map(({ member }) => member)).toEqual(others);
      expect(told[0]!.event).toMatchObject({ member: LIAR });
      // Without the proof nobody takes that cohort, nor with it one that lacks an honest member.
      const alone = repeated({ membership, signed, proofs: [], without: [LIAR], settings });
      expect(new Set(Object.values(alone.refusalCodes()))).toEqual(new Set(['cohort-too-similar']));
      const another = repeated({ membership, signed, proofs, without: [LIAR, memberId(3)], settings });
      expect(another.refusals.size).toBe(n - 2);
      expect(new Set(Object.values(another.refusalCodes()))).toEqual(new Set(['cohort-too-similar']));
      const instead = repeated({ membership, signed, proofs, without: [memberId(3)], settings });
      expect(instead.refusalCodes()[1]).toBe('cohort-too-similar');
    },
  );

  it('a false mask key of a member that drops is proven likewise; the others go on as they are', () => {
    const { lab, signed, proofs } = failed(
      { seed: 'false key', n, settings: { ...settings, colludingPpm: n === 8 ? 130_000 : settings.colludingPpm } },
      (round) => {
        const reseal = resealing(round, LIAR);
        round.client(LIAR, 'share-keys');
        round.up(reseal('key', () => anyShare(round.random)));
      },
      [LIAR],
    );
    expect(lab.aborted?.error).toMatchObject({ code: 'secret-mismatch', culprits: [LIAR] });
    expect(proofs).toHaveLength(1);
    expect(signed.members).not.toContain(LIAR);
    const next = repeated({
      membership: lab.membership!,
      signed,
      proofs,
      without: [LIAR],
      settings: { ...settings, colludingPpm: 100_000 },
      policy: { colluding: 0.13 },
    });
    expect(next.committed?.included).toEqual(signed.members);
    // The set is the one that they signed, so they would have taken it without a proof.
    const same = repeated({ membership: lab.membership!, signed, proofs: [], without: [LIAR], settings });
    expect(same.committed?.included).toEqual(signed.members);
  });
});

describe('several members that deal falsely in one round', () => {
  const size = SIZES[2];
  const settings = settingsFor(size);
  const THIRD = memberId(7);
  let round: Failed;
  beforeAll(() => {
    round = failed({ seed: 'two liars', n: size.n, settings }, (lab) => {
      const reseals = [LIAR, THIRD].map((liar) => resealing(lab, liar));
      lab.client(THIRD, 'share-keys');
      const [first, second] = reseals.map((reseal) => reseal('seed', () => anyShare(lab.random))) as [Rewrite, Rewrite];
      lab.up((mail) => first(mail).flatMap((changed) => second(changed)));
    });
  });

  it('are all found at once, each with a proof', () => {
    expect(round.lab.aborted?.error).toMatchObject({ code: 'secret-mismatch', culprits: [LIAR, THIRD] });
    expect(round.proofs).toHaveLength(2);
    const { lab, signed, proofs } = round;
    const next = repeated({ membership: lab.membership!, signed, proofs, without: [LIAR, THIRD], settings });
    expect(next.committed?.included).toEqual(lab.members.filter((member) => member !== LIAR && member !== THIRD));
  });

  it('are each proven for themselves: one proof does not let the coordinator leave out both', () => {
    const { lab, signed, proofs } = round;
    const membership = lab.membership!;
    const both = repeated({ membership, signed, proofs: proofs.slice(0, 1), without: [LIAR, THIRD], settings });
    expect(new Set(Object.values(both.refusalCodes()))).toEqual(new Set(['cohort-too-similar']));
    const one = repeated({ membership, signed, proofs: proofs.slice(0, 1), without: [LIAR], settings });
    expect(one.committed?.included).toHaveLength(size.n - 1);
  });

  it('what was proven before is not asked for again', () => {
    const { lab, signed } = round;
    const known = { ...signed, proven: [LIAR, THIRD] };
    const next = repeated({ membership: lab.membership!, signed: known, proofs: [], without: [LIAR, THIRD], settings });
    expect(next.committed?.included).toHaveLength(size.n - 2);
  });
});

describe('where too few shares came', () => {
  it('the round says so, names the owner, and proves nothing to anybody', () => {
    const settings = settingsFor(SIZES[1]);
    const lab = new Lab({ seed: 'too few', n: 8, adversary: 'active', settings });
    lies['garbage to everybody'](lab);
    untilUnmasking(lab);
    for (const gone of [5, 6, 7, 8]) lab.leave(gone);
    lab.run();
    expect(lab.aborted).toMatchObject({ error: { code: 'false-dealing-unproven', culprits: [LIAR] }, proofs: [] });
  });
});

describe('signatures', () => {
  const settings = settingsFor(SIZES[0]);

  it('a commitment that its sender did not sign costs it its place at once', () => {
    const lab = new Lab({ seed: 'unsigned', n: 6, adversary: 'active', settings });
    lab.client(LIAR, 'share-keys');
    lab.up((mail) => {
      const [changed] = committing(lab, LIAR, (own) => own.map((byte) => byte ^ 1))(mail);
      if (mail.member !== LIAR) return [mail];
      const bytes = changed!.bytes.slice();
      bytes.set(mail.bytes.subarray(35 + 32, 35 + 32 + 65), 35 + 32);
      return [{ member: LIAR, bytes }];
    });
    lab.run();
    expect(lab.committed?.included).toEqual(lab.members.filter((member) => member !== LIAR));
    expect(lab.drops).toContainEqual(expect.objectContaining({ member: LIAR, reason: 'identity-signature' }));
  });

  it('holders that do not sign what they reveal are named where it matters, and count for nothing', () => {
    const spoiler = memberId(5);
    const lab = new Lab({ seed: 'spoiler', n: 6, adversary: 'active', settings });
    lies['one flipped byte of its commitment'](lab);
    untilUnmasking(lab);
    lab.down();
    lab.up((mail) => {
      const bytes = mail.bytes.slice();
      if (mail.member === spoiler) bytes[bytes.length - 1]! ^= 1;
      return [{ ...mail, bytes }];
    });
    // Five are left, one of whom may lie: t + c, and all cases are looked through.
    expect(lab.aborted?.error).toMatchObject({ code: 'secret-mismatch', culprits: [LIAR] });
    expect(lab.drops).toContainEqual(expect.objectContaining({ member: spoiler, reason: 'identity-signature' }));
  });

  it('in a curious round there are none, and nothing is proven', () => {
    const lab = new Lab({ seed: 'curious', n: 6, settings: { colludingPpm: 0 } });
    lies['one flipped byte of its commitment'](lab);
    lab.run();
    expect(lab.aborted).toMatchObject({ error: { code: 'secret-mismatch', culprits: [LIAR] }, proofs: [] });
  });
});

describe('false shares that were corrected before are corrected still', () => {
  it.each<Dealt>(['seed', 'key'])('one holder lies about a %s', (what) => {
    const lab = new Lab({ seed: `corrected ${what}`, n: 12, adversary: 'active', settings: settingsFor(SIZES[2]) });
    const victim = memberId(6);
    untilUnmasking(lab, what === 'key' ? [victim] : []);
    lab.run({
      up: revealing(lab, [memberId(1)], (share, owner) => (owner === victim ? anyShare(lab.random) : share)),
    });
    expect(lab.committed?.sum).toEqual(lab.plainSum(lab.committed!.included));
    expect(lab.drops.filter(({ reason }) => reason === 'share-false')).toHaveLength(1);
  });
});

describe('a client that is shown proofs', () => {
  const settings = settingsFor(SIZES[0]);
  const { lab, signed, proofs } = failed({ seed: 'shown', n: 6, settings }, lies['one flipped byte of its commitment']);
  const member = memberId(1);

  /** A client that remembers the failed round, invited to another. */
  function invited(set: SignedSet = signed): Lab {
    const next = new Lab({
      ...{ seed: 'another', n: 6, adversary: 'active', membership: lab.membership! },
      ...{ settings: { ...settings, minCohort: 6 }, historyOf: remembering(set) },
    });
    return next.down();
  }
  const header = (next: Lab) => ({ suite: 1, context: next.server.context.settingsHash }) as const;

  it('tells of each member once, however often it is shown', () => {
    const next = invited();
    const bytes = frameFalseDealing(header(next), proofs[0]!);
    const first = next.clientGets(member, bytes)!;
    expect(first.events).toEqual([{ kind: 'false-dealing', member: LIAR, session: expect.any(String) as string }]);
    expect(first.refusal).toBeUndefined();
    const second = next.clientGets(member, bytes)!;
    expect(second).toMatchObject({ events: [], send: [], wipe: [] });
    expect(second.refusal).toBeUndefined();
    const known = invited({ ...signed, proven: [LIAR] });
    expect(known.clientGets(member, frameFalseDealing(header(known), proofs[0]!))?.events).toEqual([]);
  });

  /** One that does not hold: its last signature is another. */
  function altered(): Uint8Array {
    const bytes = proofs[0]!.slice();
    bytes[bytes.length - 1]! ^= 1;
    return bytes;
  }

  it('takes those that it knows as often as they come, and looks at none of their signatures', () => {
    const next = invited();
    const bytes = frameFalseDealing(header(next), proofs[0]!);
    for (let i = 0; i < 20; i++) expect(next.clientGets(member, bytes)?.refusal).toBeUndefined();
    expect(next.clients.get(member)).toMatchObject({ proofs: 1 });
    const unread = next.clientGets(member, frameFalseDealing(header(next), altered()))!;
    expect(unread).toMatchObject({ events: [], send: [], wipe: [] });
    expect(unread.refusal).toBeUndefined();
    expect(next.clients.get(member)).toMatchObject({ proofs: 1 });
  });

  it('looks at six that are new and no more before one roster, those that do not hold included', () => {
    const next = invited();
    for (let i = 0; i < 6; i++) {
      const step = next.clientGets(member, frameFalseDealing(header(next), altered()))!;
      expect(step.refusal?.message).toContain('did not sign');
    }
    const step = next.clientGets(member, frameFalseDealing(header(next), proofs[0]!))!;
    expect(step.refusal?.message).toContain('more than 6');
    expect(step.events).toEqual([]);
  });

  it('refuses what does not hold, or belongs to another round, and is as it was but for the count', () => {
    const next = invited();
    for (const [bytes, code, looked] of [
      [frameFalseDealing(header(next), altered()), 'false-dealing-refused', 1],
      [
        frameFalseDealing({ ...header(next), context: lab.server.context.settingsHash }, proofs[0]!),
        'session-mismatch',
        0,
      ],
      [frameFalseDealing(header(next), proofs[0]!).subarray(0, 200), 'wire-truncated', 0],
    ] as const) {
      const before = next.client(member, 'advertise-keys');
      const step = next.clientGets(member, bytes)!;
      expect(step.refusal?.code).toBe(code);
      expect(step).toMatchObject({ send: [], events: [], wipe: [] });
      expect(step.state).toEqual({ ...before, proofs: before.proofs + looked });
    }
  });

  it('reckons with what its own policy says: with more liars the same shares prove nothing', () => {
    const next = new Lab({
      ...{ seed: 'wary', n: 6, adversary: 'active', membership: lab.membership! },
      ...{ settings, historyOf: remembering(signed), policy: { colluding: 0.67 } },
    });
    next.down();
    const step = next.clientGets(member, frameFalseDealing(header(next), proofs[0]!))!;
    expect(step.refusal).toMatchObject({ code: 'false-dealing-refused' });
  });

  it('takes one about a session that it was cut off from before it signed, if it had signed the set before', async () => {
    // What the client's driver notes as it sends its masked input, and no more.
    const cut = new Lab({
      ...{ seed: 'cut off', n: 6, adversary: 'active', membership: lab.membership! },
      ...{ settings: { ...settings, minCohort: 6 }, historyOf: remembering(signed) },
    });
    lies['one flipped byte of its commitment'](cut);
    const state = cut.client(member, 'consistency-check');
    const memory = consentInMemory();
    const consent = new Consent(memory);
    const from = { settings: cut.settings, point: '11'.repeat(32) };
    const policy = { adversary: 'active', colluding: 0.1, minCohort: 3 } as const;
    const { ids, ...before } = signed.sessions[0]!;
    await consent.sharing(from, { sessionId: 'aa', session: { ids, ...before } }, policy);
    await consent.signing(from, { members: ids, session: { ids, ...before }, sessionId: 'aa' }, policy);
    const send = [{ name: 'maskedInput', bytes: cut.message('maskedInput', member) }] as const;
    const { facts } = state;
    await consent.sharing(from, { sessionId: toHex(facts.sessionId), session: { ids, ...before } }, policy);
    await note(
      { context: { consent, policy }, from },
      { session: secagg.client.session(state), send, events: [] },
      { record: '22'.repeat(32), counted: true },
    );
    const known = (await consent.history(from.point)).record!.signed!;
    cut.run();
    const next = new Lab({
      ...{ seed: 'another', n: 6, adversary: 'active', membership: cut.membership! },
      ...{ settings: { ...settings, minCohort: 6 } },
      historyOf: remembering({ ...known, members: ids }),
    }).down();
    const bytes = frameFalseDealing(header(next), cut.aborted!.proofs[0]!);
    expect(next.clientGets(member, bytes)?.events).toMatchObject([{ kind: 'false-dealing', member: LIAR }]);
    // Without that note it would be about nothing.
    const without = new Lab({
      ...{ seed: 'another', n: 6, adversary: 'active', membership: cut.membership! },
      ...{ settings: { ...settings, minCohort: 6 } },
      historyOf: remembering({ ...known, sessions: known.sessions.slice(0, 1) }),
    }).down();
    expect(without.clientGets(member, bytes)?.refusal?.code).toBe('false-dealing-refused');
  });

  it('is told of none once it has its roster', () => {
    const next = invited();
    next.client(1, 'share-keys');
    expect(next.clientGets(member, frameFalseDealing(header(next), proofs[0]!))?.refusal?.code).toBe('wrong-state');
  });
});
