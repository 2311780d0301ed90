import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { allLists, type Answer, cuttingLists, type Memory, type Question, search, searchLists } from './search.ts';
import { completeWorld, type Members, type Quorum, ringWorld, sizeOf, type World } from './world.ts';

// An exhaustive search over what a lying coordinator can do to a small cohort. Masks and secrets are symbols here, so it
// says nothing of the code; `test/adversary/` does. It says that the rules of docs/security.md suffice, and which of them
// are needed.

/** All rules of the client. */
const RULES: Memory = { sets: 'whole', inputs: 'by-repeat', proofs: 'exact' };

const firstOf = (count: number): Members => (1 << count) - 1;
const majority = (n: number, colluders: number): number =>
  Math.max(Math.floor((2 * n) / 3), Math.floor((n + colluders) / 2)) + 1;

/** A complete graph with the parameters of protocol.md section 6.1, for a coordinator that seats whom it likes. */
function complete(n: number, colluders: number, changes: Partial<Question> = {}): Question {
  const corrupt = firstOf(colluders);
  return {
    members: firstOf(n),
    corrupt,
    worldOf: (roster) => {
      const size = sizeOf(roster);
      const threshold = Math.max(2, colluders + 1, Math.floor(size / 3) + 1);
      const minCohort = Math.max(3, colluders + 2);
      return size < minCohort
        ? undefined
        : completeWorld(roster, { corrupt, threshold, minCohort, minSharers: majority(size, colluders) });
    },
    quorumOf: ({ roster }: World): Quorum => ({ of: 'witnesses', least: majority(sizeOf(roster), colluders) }),
    memory: RULES,
    sessions: 4,
    faces: 1,
    maxRepeats: 0,
    ...changes,
  };
}

/** Three witnesses of which two must sign, whichever three the coordinator gets by trying rosters. */
const committee = (memory: Memory): Question =>
  complete(6, 0, {
    memory,
    quorumOf: ({ roster }) =>
      sizeOf(roster) > 3 ? { of: 'witnesses', least: 2, committee: 3 } : { of: 'witnesses', least: 3 },
  });

/** A ring with one session, and every set that leaves out one member at most. */
const ring = (n: number, quorum: Quorum, changes: Partial<Question> = {}): Question => ({
  ...complete(n, 0),
  worldOf: (roster) =>
    roster === firstOf(n)
      ? ringWorld(roster, 2, { corrupt: 0, threshold: 2, minCohort: n - 1, minSharers: 2, minAtTwoCuts: 1 })
      : undefined,
  quorumOf: () => quorum,
  sessions: 1,
  faces: 2,
  ...changes,
});

const total = { states: 0, played: 0 };
function searched(question: Question, enough?: number): Answer {
  const answer = search(question, enough);
  total.states += answer.states;
  total.played += answer.played;
  return answer;
}

describe('whatever a coordinator does to a small cohort', () => {
  it.each([
    [4, 0],
    [4, 1],
    [5, 0],
    [5, 1],
    [6, 0],
    [6, 1],
    [7, 0],
    [7, 1],
  ])('no sums of up to four sessions expose one of %i members, %i of them corrupt', (n, colluders) => {
    expect(searched(complete(n, colluders)).exposed).toBeGreaterThanOrEqual(2);
  });

  it.each([
    [4, 1],
    [5, 0],
    [5, 1],
  ])('nor where members are asked to train anew: %i members, %i corrupt', (n, colluders) => {
    expect(searched(complete(n, colluders, { maxRepeats: 2 })).exposed).toBeGreaterThanOrEqual(2);
  });

  it.each([
    [4, 1],
    [5, 0],
    [5, 1],
  ])('nor where two survivor sets are shown within one session: %i members, %i corrupt', (n, colluders) => {
    expect(searched(complete(n, colluders, { faces: 2 })).exposed).toBeGreaterThanOrEqual(2);
  });

  it('nor where a few witnesses sign for all', () => {
    expect(searched(committee(RULES)).exposed).toBeGreaterThanOrEqual(2);
  });

  it.each([
    ['complete graph', completeWorld(firstOf(4), { corrupt: 0, threshold: 2, minCohort: 3, minSharers: 3 }), 3],
    ['one corrupt', completeWorld(firstOf(5), { corrupt: 1, threshold: 2, minCohort: 4, minSharers: 4 }), 4],
    ['ring', ringWorld(firstOf(6), 2, { corrupt: 0, threshold: 2, minCohort: 4, minSharers: 2, minAtTwoCuts: 1 }), 5],
  ] as const)('nor where the lists of who shared keys disagree in any way: %s', (_, world, least) => {
    const { played, exposed } = searchLists(world, { of: 'witnesses', least }, allLists(world));
    total.played += played;
    expect(exposed).toBeGreaterThanOrEqual(world.minCohort - sizeOf(world.corrupt));
  });

  it.each([0, 1])('nor where lists cut a group off a ring of degree four, %i corrupt', (corrupt) => {
    for (const n of [7, 8, 9]) {
      const threshold = corrupt === 0 ? 3 : 4; // 2t > k + 1 + t1
      const minAtTwoCuts = 2 * corrupt + 1;
      const world = ringWorld(firstOf(n), 4, {
        corrupt,
        threshold,
        minCohort: n - 2,
        minSharers: threshold,
        minAtTwoCuts,
      });
      const { played, exposed } = searchLists(
        world,
        { of: 'witnesses', least: majority(n, corrupt) },
        cuttingLists(world),
      );
      total.played += played;
      expect(exposed).toBeGreaterThanOrEqual(n - 2 - corrupt);
    }
  });

  it.each([6, 7])('and no ring of %i opens a sum of fewer than every client asked for', (n) => {
    expect(searched(ring(n, { of: 'witnesses', least: majority(n, 0) })).exposed).toBeGreaterThanOrEqual(n - 1);
  });
});

describe('the search finds the attack where a rule is taken out', () => {
  const without = (changes: Partial<Memory>): Memory => ({ ...RULES, ...changes });

  it('no set is remembered, as for a client that lost its memory or is shown the model in another file', () => {
    expect(searched(complete(4, 0, { memory: without({ sets: 'none' }) }), 1).exposed).toBe(1);
  });

  it('sets may differ by two members: three sums single one out', () => {
    expect(searched(complete(4, 0, { memory: without({ sets: 'difference' }) }), 1).exposed).toBe(1);
  });

  it('a set is noted only when shares are revealed', () => {
    expect(searched(complete(4, 1, { memory: without({ sets: 'revealing' }) }), 1).exposed).toBe(1);
  });

  it('a set binds what is signed and not what is sent', () => {
    expect(searched(committee(without({ sets: 'signature' })), 1).exposed).toBe(1);
  });

  it('a bound client sends to the right roster without a word on the survivors', () => {
    expect(searched(committee(without({ sets: 'roster' })), 1).exposed).toBe(1);
  });

  it('a member trains anew when it alone is told to', () => {
    expect(searched(complete(4, 0, { memory: without({ inputs: 'trained-anew' }) }), 1).exposed).toBe(1);
  });

  it('a proof against one member lets another be left out with it', () => {
    expect(searched(complete(5, 1, { memory: without({ proofs: 'loose' }) }), 1).exposed).toBe(1);
  });

  it('all apps but one train the same whatever repeat is: its change is known, which docs/security.md states', () => {
    expect(searched(complete(4, 0, { maxRepeats: 1, unchanging: firstOf(3) }), 1).exposed).toBe(1);
  });

  it('on a ring, only neighbours vouch for a set: two regions are shown two sets, and a sum of fewer opens', () => {
    const sets = [0, 5].map((missing) => firstOf(10) & ~(1 << missing));
    const old = ring(10, { of: 'neighbours', least: 2 }, { shownSets: sets });
    expect(searched(old, 8).exposed).toBeLessThan(9);
  });

  it('a low threshold is taken for the number of those that must have shared keys: a member masks with the corrupt alone', () => {
    const world = completeWorld(firstOf(5), { corrupt: 1, threshold: 2, minCohort: 4, minSharers: 2 });
    expect(searchLists(world, { of: 'witnesses', least: 4 }, allLists(world)).exposed).toBe(1);
  });

  it('on a ring, the threshold is no majority of those that share: lists cut two members off', () => {
    const world = ringWorld(firstOf(7), 4, {
      corrupt: 0,
      threshold: 2,
      minCohort: 5,
      minSharers: 2,
      minAtTwoCuts: 1,
    });
    expect(searchLists(world, { of: 'witnesses', least: 5 }, cuttingLists(world)).exposed).toBeLessThan(5);
  });

  it('on a ring, nobody looks for cuts: one set opens as two sums', () => {
    const uncut = { corrupt: 0, threshold: 2, minCohort: 4, minSharers: 2, minAtTwoCuts: 0 };
    const question = ring(7, { of: 'witnesses', least: majority(7, 0) });
    const open = {
      ...question,
      faces: 1 as const,
      worldOf: (roster: Members) => (roster === firstOf(7) ? ringWorld(roster, 2, uncut) : undefined),
    };
    expect(searched(open).exposed).toBeLessThan(4);
  });
});

it('has played as many sessions as docs/researcher.md says', async () => {
  expect(total).toEqual({ states: 25_000, played: 1_247_540 });
  expect(await readFile('docs/researcher.md', 'utf8')).toContain('1 247 540 sessions, 25 000 states');
});
