import { describe, expect, it } from 'vitest';
import type { CollectingState, DropEffect } from '../../protocol/schemes/secagg/server/index.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';
import { CairnError } from '../../protocol/errors.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { messageName } from '../../protocol/wire/header.ts';
import { Lab, type Rewrite } from '../../simulations/attacks/open-round/lab.ts';

type Class = 'curious' | 'active';
const STATES: CollectingState[] = ['advertise-keys', 'share-keys', 'masked-input', 'consistency-check', 'unmasking'];
const MESSAGE: Record<CollectingState, string> = {
  'advertise-keys': 'advertiseKeys',
  'share-keys': 'shareKeys',
  'masked-input': 'maskedInput',
  'consistency-check': 'consistency',
  unmasking: 'unmaskShares',
};
const EFFECT: Record<CollectingState, DropEffect> = {
  'advertise-keys': 'before-input',
  'share-keys': 'before-input',
  'masked-input': 'before-input',
  'consistency-check': 'after-input',
  unmasking: 'without-unmasking',
};
const statesOf = (adversary: Class): CollectingState[] =>
  STATES.filter((state) => adversary === 'active' || state !== 'consistency-check');

type Deaths = ReadonlyMap<MemberId, CollectingState>;

/** Clients die just before they would send the message of a state. */
const dying =
  (deaths: Deaths): Rewrite =>
  (mail) => {
    const state = deaths.get(mail.member);
    return state !== undefined && messageName(mail.bytes) === MESSAGE[state] ? [] : [mail];
  };

/** Runs a round in which clients die; `found out` says whether by a deadline or by their connection. */
function runWith(
  lab: Lab,
  deaths: Deaths,
  foundOut: 'deadline' | 'connection' = 'deadline',
  until?: CollectingState,
): Lab {
  const up = dying(deaths);
  while (!lab.over && lab.server.name !== until) {
    if (lab.toClients.length > 0) {
      lab.down();
      continue;
    }
    if (lab.toServer.length > 0) {
      lab.up(up);
      continue;
    }
    const here = [...deaths].filter(([, state]) => state === lab.server.name);
    if (foundOut === 'connection' && here.length > 0 && !lab.dead.has(here[0]![0])) {
      for (const [member] of here) lab.leave(member);
    } else lab.serverDoes({ kind: 'deadline' });
  }
  return lab;
}

function expectExact(lab: Lab, deaths: Deaths, reason: 'deadline-missed' | 'member-left'): void {
  expect([...lab.drops].sort((a, b) => a.member - b.member)).toEqual(
    [...deaths].sort(([a], [b]) => a - b).map(([member, state]) => ({ member, state, reason, effect: EFFECT[state] })),
  );
  const included = lab.members.filter((member) => EFFECT[deaths.get(member) ?? 'unmasking'] !== 'before-input');
  expect(lab.committed?.included).toEqual(included);
  expect(lab.committed?.sum).toEqual(lab.plainSum(included));
  expect(lab.committed?.drops).toEqual(lab.drops);
  expect(lab.refusals.size).toBe(0);
}

const deathsOf = (members: readonly number[], state: CollectingState): Deaths =>
  new Map(members.map((member) => [memberId(member), state]));

describe.each<Class>(['curious', 'active'])('on the complete graph, %s', (adversary) => {
  const N = 10; // curious: t = 6; active: a quorum of 7 until all have signed, and t = 4 behind that
  const FEW = 7;
  const needed = (state: CollectingState): number => (adversary === 'curious' ? 6 : state === 'unmasking' ? 4 : 7);
  const lab = (): Lab => new Lab({ seed: `dropout ${adversary}`, n: N, adversary });

  describe.each(statesOf(adversary))('a dropout in %s', (state) => {
    it.each(['deadline', 'connection'] as const)(
      'of each single member, found out by its %s, leaves the sum exact',
      (how) => {
        for (let member = 1; member <= FEW; member += how === 'deadline' ? 1 : 3) {
          const deaths = deathsOf([member], state);
          const few = new Lab({ seed: `dropout ${adversary}`, n: FEW, adversary });
          expectExact(runWith(few, deaths, how), deaths, how === 'deadline' ? 'deadline-missed' : 'member-left');
        }
      },
    );

    it('of a group leaves the sum exact', () => {
      const deaths = deathsOf([1, 5, 10], state);
      expectExact(runWith(lab(), deaths), deaths, 'deadline-missed');
    });

    it('of all but as many as are needed still gives the exact sum, and one more ends the round without any', () => {
      // Who never advertises is not in n: there, what is needed shrinks with the roster.
      if (state === 'advertise-keys') return;
      const all = lab().members;
      const t = needed(state);
      const enough = deathsOf(all.slice(t), state);
      expectExact(runWith(lab(), enough), enough, 'deadline-missed');
      const tooMany = deathsOf(all.slice(t - 1), state);
      const ended = runWith(lab(), tooMany);
      expect(ended.committed).toBeUndefined();
      expect(ended.aborted?.error.code).toBe('below-threshold');
      expect([...ended.aborted!.drops].map(({ member }) => member).sort((a, b) => a - b)).toEqual(all.slice(t - 1));
    });

    it('of everybody ends the round without a sum', () => {
      const ended = runWith(lab(), deathsOf(lab().members, state));
      expect(ended.committed).toBeUndefined();
      expect(ended.aborted?.error.code).toBe('below-threshold');
    });
  });

  it('dropouts in every state at once leave the sum exact', () => {
    const session = new Lab({ seed: 'every state', n: 24, adversary });
    const deaths = new Map(statesOf(adversary).map((state, i) => [memberId(4 * i + 2), state]));
    expectExact(runWith(session, deaths), deaths, 'deadline-missed');
  });

  it('with everybody gone but two, before any key was advertised, gives the sum of two', () => {
    const deaths = deathsOf([1, 2, 3, 4, 5, 6, 7, 8], 'advertise-keys');
    expectExact(runWith(lab(), deaths), deaths, 'deadline-missed');
  });

  it('below the settings’ least cohort ends without a sum although the threshold is there', () => {
    const session = new Lab({ seed: 'least', n: N, adversary, settings: { minCohort: 9 } });
    const ended = runWith(session, deathsOf([1, 2], 'masked-input'));
    expect(ended.aborted?.error.code).toBe('below-threshold');
    expect(ended.committed).toBeUndefined();
  });

  it('a client that comes back after it was lost is refused for this round and disturbs nothing', () => {
    for (const state of statesOf(adversary)) {
      const session = lab();
      if (session.server.name !== state) session.serverIn(state);
      session.down();
      const back = memberId(4);
      const late = session.toServer.filter(({ member }) => member === back);
      session.toServer = session.toServer.filter(({ member }) => member !== back);
      session.leave(back);
      const { server } = session;
      const step = session.serverGets(back, late[0]!.bytes);
      expect(step).toMatchObject({ refusal: { code: 'wrong-state' }, send: [], events: [] });
      expect(step.state).toBe(server);
      session.run();
      expectExact(session, deathsOf([4], state), 'member-left');
    }
  });

  it('an input that came before its sender left counts', () => {
    const session = lab();
    session.serverIn('masked-input');
    session.down();
    const [first] = session.toServer.splice(0, 1);
    session.serverGets(first!.member, first!.bytes);
    session.leave(first!.member);
    session.run();
    const drop = { member: first!.member, state: 'masked-input', reason: 'member-left', effect: 'after-input' };
    expect(session.drops).toEqual([drop]);
    expect(session.committed?.included).toEqual(session.members);
    expect(session.committed?.sum).toEqual(session.plainSum(session.members));
  });

  it('a client that gives up by itself is dropped for its own reason', () => {
    const session = lab();
    session.client(3, 'share-keys');
    session.clientDoes(memberId(3), { kind: 'leave', error: new CairnError('data-empty', 'nothing to train on') });
    session.run();
    const drop = { member: 3, state: 'masked-input', reason: 'data-empty', effect: 'before-input' };
    expect(session.drops).toEqual([drop]);
    // It had shared its keys, and its word came behind the last member’s shares: its pair masks are taken out again, and nobody waits for its input.
    expect(session.committed?.included).toEqual(session.members.filter((member) => member !== 3));
    expect(session.committed?.sum).toEqual(session.plainSum(session.committed!.included));
  });
});

describe('over-selection', () => {
  it('closes the roster at the target; who came later is told cohort-full and is no dropout', () => {
    const lab = new Lab({ seed: 'over-selected', n: 9, target: 6 });
    lab.down();
    const order = [9, 2, 7, 4, 1, 8, 3, 5, 6].map(memberId);
    lab.toServer.sort((a, b) => order.indexOf(a.member) - order.indexOf(b.member));
    lab.up();
    expect(lab.server.name).toBe('share-keys');
    const late = order.slice(6);
    expect(lab.ignored.map(({ code }) => code)).toEqual(late.map(() => 'wrong-state'));
    lab.run();
    const told = lab.clientEvents.filter(({ event }) => event.kind === 'abandoned');
    expect(told.map(({ member }) => member).sort()).toEqual([...late].sort());
    for (const { event } of told) expect(event).toMatchObject({ code: 'cohort-full' });
    expect(lab.drops).toEqual([]);
    expect(lab.committed?.included).toEqual([1, 2, 4, 7, 8, 9]);
    expect(lab.committed?.sum).toEqual(lab.plainSum(lab.committed!.included));
  });

  it('fills the place of who left before the target was reached', () => {
    const lab = new Lab({ seed: 'replaced', n: 5, target: 4 });
    lab.down();
    const [first] = lab.toServer.splice(0, 1);
    lab.serverGets(first!.member, first!.bytes);
    lab.leave(1);
    lab.run();
    expect(lab.committed?.included).toEqual([2, 3, 4, 5]);
    expect(lab.committed?.sum).toEqual(lab.plainSum(lab.committed!.included));
  });
});

describe.each<[Class, number, Partial<RoundSettings>]>([
  ['curious', 80, { colludingPpm: 50_000, dropoutPpm: 100_000 }],
  ['active', 100, { colludingPpm: 20_000, dropoutPpm: 50_000 }],
])('on a ring, %s, of %i', (adversary, n, shares) => {
  const lab = (): Lab =>
    new Lab({
      seed: `ring ${adversary}`,
      n,
      adversary,
      settings: { graph: 'ring', dimension: 3, maxCohort: n, ...shares },
    });

  it('is a ring, and without dropouts the sum is exact', () => {
    const session = lab();
    const { parameters } = session.serverIn('share-keys').facts;
    expect(parameters.graph).toBe('ring');
    expect(parameters.degree).toBeLessThan(n - 1);
    session.run();
    expectExact(session, new Map(), 'deadline-missed');
  });

  /** Members that a state waits for: all of them, or the witnesses, who are drawn by what those sent who died before. */
  const waitedFor = (state: CollectingState, deaths: Deaths = new Map()): readonly number[] => {
    const session = lab();
    if (state !== 'consistency-check') return session.members;
    const { server } = runWith(session, deaths, 'deadline', state);
    if (server.name !== state) throw new Error(`the round is in ${server.name}`);
    const { witnesses, roster } = server.facts;
    return witnesses.map((index) => roster[index]!.member);
  };

  it.each(statesOf(adversary))('a few dropouts in %s leave the sum exact', (state) => {
    const members = waitedFor(state);
    const deaths = deathsOf(
      [1, 4, 6].map((place) => members[place]!),
      state,
    );
    expectExact(runWith(lab(), deaths, 'connection'), deaths, 'member-left');
  });

  it('dropouts in every state leave the sum exact', () => {
    const deaths = new Map<MemberId, CollectingState>();
    for (const state of statesOf(adversary)) {
      const member = waitedFor(state, deaths).find((one) => one > 13 * deaths.size && !deaths.has(memberId(one)))!;
      deaths.set(memberId(member), state);
    }
    expectExact(runWith(lab(), deaths), deaths, 'deadline-missed');
  });

  it('too many dropouts end the round by name and without a sum', () => {
    const session = lab();
    const ended = runWith(session, deathsOf(session.members.slice(0, Math.floor(n * 0.8)), 'masked-input'));
    expect(ended.committed).toBeUndefined();
    expect(['below-threshold', 'too-few-members']).toContain(ended.aborted?.error.code);
  });
});
