import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Move, type Played, QuarrelGame } from './support/quarrel-game.ts';

const games = new Map([6, 8, 9, 12, 16, 20].map((n) => [n, new QuarrelGame(n)] as const));
const game = (n: number): QuarrelGame => games.get(n)!;

/** Liars are the first members: ids say nothing to the rule. */
const isLiar = (liars: number) => (member: number) => member <= liars;

/** What must hold whatever liars do, as long as they are no more than γn. */
function expectFair(n: number, liars: number, played: readonly Played[]): void {
  const honest = (members: readonly number[]): number[] => members.filter((member) => !isLiar(liars)(member));
  let before: readonly number[] = [];
  for (const { satOut, proven, seated } of played) {
    expect(honest(proven)).toEqual([]);
    expect(honest(satOut).filter((member) => before.includes(member))).toEqual([]);
    expect(satOut.length).toBeLessThanOrEqual(game(n).liars);
    // Whoever did not sit out and is honest has its seat.
    expect(honest(seated).length + honest(satOut).length).toBe(n - liars);
    before = satOut;
  }
}

/** The longest row of attempts that came to nothing. */
function longestLoss(played: readonly Played[]): number {
  let [longest, row] = [0, 0];
  for (const { committed } of played) {
    row = committed ? 0 : row + 1;
    longest = Math.max(longest, row);
  }
  return longest;
}

/** Choices of an adversary: integers, used one after another and then again. */
function chooser(choices: readonly number[]): (bound: number) => number {
  let at = 0;
  return (bound) => choices[at++ % choices.length]! % bound;
}

/**
 * Liars that make every attempt fail where they can with as few quarrels as it takes: they repeat those that they have, and
 * all of them leave at the end.
 */
function spoilers(liars: number, threshold: (seated: number) => number, choices: readonly number[]) {
  const known = new Set<string>();
  const choose = chooser(choices);
  return (_: number, seated: readonly number[]): Move => {
    const here = seated.filter(isLiar(liars));
    const honest = seated.filter((member) => !isLiar(liars)(member));
    const needed = Math.max(0, honest.length - threshold(seated.length) + 1);
    if (here.length === 0 || needed > honest.length) return { wrongs: [], accuses: [], leave: here };
    const quarrelsWith = (member: number): number | undefined => here.find((liar) => known.has(`${liar} ${member}`));
    const start = choose(honest.length);
    const order = [...honest.slice(start), ...honest.slice(0, start)];
    const victims = [
      ...order.filter((member) => quarrelsWith(member) !== undefined),
      ...order.filter((member) => quarrelsWith(member) === undefined),
    ].slice(0, needed);
    const wrongs = victims.map((member) => [quarrelsWith(member) ?? here[choose(here.length)]!, member] as const);
    // Now and then one accuses somebody besides, so that both ends of what is told may be honest.
    const accuses = choose(3) === 0 ? [[here[choose(here.length)]!, seated[choose(seated.length)]!] as const] : [];
    for (const [liar, member] of [...wrongs, ...accuses]) known.add(`${liar} ${member}`);
    return { wrongs, accuses, leave: here };
  };
}

/** Two thirds and one, as in active rounds of such sizes. */
const threshold = (n: number): number => Math.floor((2 * n) / 3) + 1;

const someMoves = (n: number, liars: number): fc.Arbitrary<readonly Move[]> => {
  const pair = fc.tuple(fc.integer({ min: 1, max: liars }), fc.integer({ min: 1, max: n }));
  const move = fc.record({
    wrongs: fc.array(pair, { maxLength: n }),
    accuses: fc.array(pair, { maxLength: 4 }),
    leave: fc.subarray(Array.from({ length: liars }, (_, i) => i + 1)),
  });
  return fc.array(move, { minLength: 1, maxLength: 10 });
};

describe('whatever at most γn liars do over ten attempts', () => {
  it.each([6, 8, 12, 20])('of %i members no honest one is taken for a liar, or sits out twice in a row', (n) => {
    const { liars } = game(n);
    fc.assert(
      fc.property(someMoves(n, liars), (moves) => {
        expectFair(
          n,
          liars,
          game(n).play(moves.length, (attempt) => moves[attempt]!),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('every way in which one of six can cheat, accuse or leave in three attempts is handled fairly, and costs three at most', () => {
    const six = game(6);
    const others = [2, 3, 4, 5, 6];
    const nothing = { wrongs: [], accuses: [], leave: [] };
    const moves: readonly Move[] = [true, false].flatMap((leaves) => {
      const leave = leaves ? [1] : [];
      return [
        { ...nothing, leave },
        ...others.map((member) => ({ ...nothing, leave, wrongs: [[1, member]] as const })),
        ...others.map((member) => ({ ...nothing, leave, accuses: [[1, member]] as const })),
      ];
    });
    let longest = 0;
    // Who is first is like any other: the rule sees no difference between members that it has heard nothing of.
    const begin = moves.filter(({ wrongs, accuses }) => [...wrongs, ...accuses].every(([, member]) => member === 2));
    for (const first of begin) {
      for (const second of moves) {
        for (const third of moves) {
          const plan = [first, second, third, first, second, third];
          const played = six.play(plan.length, (attempt) => plan[attempt]!);
          expectFair(6, 1, played);
          longest = Math.max(longest, longestLoss(played));
        }
      }
    }
    expect(begin.length * moves.length ** 2).toBe(2904);
    expect(longest).toBe(1);
  }, 120_000);
});

describe('a culprit that seals false shares to as many as it takes, and leaves', () => {
  const choices = fc.array(fc.nat(1000), { minLength: 8, maxLength: 40 });

  it.each([6, 8, 9, 12, 16])('among %i members costs a task no more than three attempts in a row', (n) => {
    fc.assert(
      fc.property(choices, (drawn) => {
        const played = game(n).play(12, spoilers(1, threshold, drawn));
        expectFair(n, 1, played);
        expect(played[0]!.committed).toBe(false);
        expect(longestLoss(played)).toBeLessThanOrEqual(3);
      }),
      { numRuns: 60 },
    );
  });

  it.each([6, 8, 9, 12, 16])(
    'among %i members is there in every attempt, and all fail, where nobody is left out',
    (n) => {
      const unprotected = new QuarrelGame(n, { exclusionAttempts: 0 });
      const played = unprotected.play(12, spoilers(1, threshold, [0]));
      expect(played.every(({ committed, seated }) => !committed && seated.includes(1))).toBe(true);
    },
  );

  it.each([8, 12, 16])(
    'and all who may be liars beside it, of %i, are bounded, too: twice their number and one',
    (n) => {
      const { liars } = game(n);
      fc.assert(
        fc.property(choices, (drawn) => {
          const played = game(n).play(20, spoilers(liars, threshold, drawn));
          expectFair(n, liars, played);
          expect(longestLoss(played)).toBeLessThanOrEqual(2 * liars + 1);
        }),
        { numRuns: 100 },
      );
    },
  );
});

describe('a culprit that seals a false share to one member in every round', () => {
  const wronging = (victim: (attempt: number) => number) => (attempt: number) => ({
    wrongs: [[1, victim(attempt)]] as const,
    accuses: [],
    leave: [],
  });

  it.each([6, 8, 12])(
    'another one each time, among %i: is proven a liar when there is one more than may exist',
    (n) => {
      const played = game(n).play(
        2 * n,
        wronging((attempt) => 2 + (attempt % (n - 1))),
      );
      const { liars } = game(n);
      expect(played.every(({ committed }) => committed)).toBe(true);
      const proven = played.findIndex(({ proven: found }) => found.includes(1));
      expect(proven).toBeGreaterThanOrEqual(liars);
      expect(proven).toBeLessThanOrEqual(2 * liars);
      for (const { seated, satOut } of played.slice(proven + 1))
        expect([seated.includes(1), satOut]).toEqual([false, []]);
    },
  );

  it.each([6, 8, 12])(
    'the same one each time, among %i: sits out of every other round, and the two never meet again',
    (n) => {
      const [first, ...others] = game(n).play(
        9,
        wronging(() => n),
      );
      expect(first!.seated).toHaveLength(n);
      others.forEach(({ seated, satOut, committed }, i) => {
        const [out, inside] = i % 2 === 0 ? [1, n] : [n, 1];
        expect(satOut).toEqual([out]);
        expect([seated.includes(inside), committed]).toEqual([true, true]);
      });
    },
  );
});

describe('quarrels', () => {
  it('stay with a member that leaves before it is accused, or that leaves each time', () => {
    const plan: Move[] = [2, 3].map((victim) => ({ wrongs: [[1, victim]], accuses: [], leave: [1] }));
    const played = game(6).play(4, (attempt) => plan[attempt === 0 ? 0 : 1]!);
    expect(played.map(({ seated }) => seated.includes(1))).toEqual([true, false, true, false]);
    expect(played[2]!.proven).toEqual([1]);
  });

  it('of several that are tied prove liars by number: each would need more accomplices than can exist', () => {
    // Of twelve three may be liars. 1 quarrels with two and 2 with two others: were 1 honest, there would be three.
    const two: Move = {
      wrongs: [
        [1, 4],
        [1, 5],
        [2, 6],
        [2, 7],
      ],
      accuses: [],
      leave: [],
    };
    expect(game(12).play(1, () => two)[0]!.proven).toEqual([]);
    const three: Move = { wrongs: [...two.wrongs, [3, 8]], accuses: [], leave: [] };
    expect([...game(12).play(1, () => three)[0]!.proven].sort()).toEqual([1, 2]);
  });
});
