import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COLLECTING_STATES } from '../../../protocol/rounds/index.ts';
import type { FaultScript } from '../../../simulations/faults/script.ts';
import { dropsOf, STEADY, under } from './scene.ts';

const ALL = [1, 2, 3, 4, 5, 6, 7, 8];
const without = (...gone: number[]): number[] => ALL.filter((member) => !gone.includes(member));

describe('without faults', () => {
  it('a round takes the time of its messages, and everybody counts', () => {
    const round = under([]);
    expect(round).toMatchObject({ committed: true, exact: true, included: ALL, unwiped: 0, waiting: [], ignored: [] });
    // Four questions and four answers of a tenth of a second each.
    expect(round.seconds).toBeCloseTo(0.8, 9);
    expect(Object.values(round.happened)).toEqual(Object.values(round.happened).map(() => 0));
  });
});

describe('drop', () => {
  it.each(COLLECTING_STATES)('before %s: the member is missed, and the sum is that of the others', (state) => {
    const round = under([{ kind: 'drop', members: [2, 5], state }], { adversary: 'active' });
    expect(round.happened.drop).toBe(2);
    expect(dropsOf(round)).toEqual([2, 5].map((member) => `${member} ${state} member-left`));
    const early = COLLECTING_STATES.indexOf(state) <= COLLECTING_STATES.indexOf('masked-input');
    expect(round).toMatchObject({ committed: true, exact: true, included: early ? without(2, 5) : ALL, unwiped: 0 });
  });

  it('is noticed when the connection has been gone for the grace, or at the deadline where nothing shows it', () => {
    const connection = under([{ kind: 'drop', members: [3] }]);
    const deadline = under([{ kind: 'drop', members: [3], noticed: 'deadline' }]);
    expect(dropsOf(connection)).toEqual(['3 masked-input member-left']);
    expect(dropsOf(deadline)).toEqual(['3 masked-input deadline-missed']);
    expect(connection.seconds).toBeCloseTo(0.8 + 3 - 0.1, 9);
    expect(deadline.seconds).toBeCloseTo(0.8 + 60 - 0.2, 9);
  });

  it('of exactly a share, and of each with a probability', () => {
    const shares = [1, 2, 3, 4, 5].map((seed) => under([{ kind: 'drop', share: 0.25 }], { n: 16, seed }));
    expect(shares.map(({ happened }) => happened.drop)).toEqual([4, 4, 4, 4, 4]);
    expect(new Set(shares.map((round) => dropsOf(round).join())).size).toBeGreaterThan(1);
    const drawn = [1, 2, 3, 4, 5].map((seed) => under([{ kind: 'drop', probability: 0.25 }], { n: 16, seed }));
    expect(new Set(drawn.map(({ happened }) => happened.drop)).size).toBeGreaterThan(1);
    for (const round of [...shares, ...drawn]) expect([true, undefined]).toContain(round.exact);
  });

  it('in any state hits every state, and in each is thrown for again and again', () => {
    const states = new Set<string>();
    for (let seed = 0; seed < 12; seed++) {
      const any = under([{ kind: 'drop', share: 0.25, state: 'any' }], { seed });
      for (const { state } of any.drops) states.add(state);
      const each = under([{ kind: 'drop', probability: 0.1, state: 'each' }], { seed });
      for (const round of [any, each]) expect([true, undefined]).toContain(round.exact);
    }
    expect([...states].sort()).toEqual(['advertise-keys', 'masked-input', 'share-keys', 'unmasking']);
  });

  it('of more than the threshold allows ends the round with a typed error and no sum', () => {
    const round = under([{ kind: 'drop', members: [1, 2, 3, 4] }]);
    expect(round).toMatchObject({ committed: false, sum: undefined, included: [], unwiped: 0, waiting: [] });
    expect(round.error?.code).toBe('below-threshold');
  });
});

describe('delay', () => {
  it('within the deadline costs time alone', () => {
    const round = under([{ kind: 'delay', members: [4], state: 'masked-input', direction: 'up', seconds: 20 }]);
    expect(round).toMatchObject({ committed: true, exact: true, included: ALL });
    expect(round.happened.delay).toBe(1);
    expect(round.seconds).toBeCloseTo(20.8, 9);
  });

  it('beyond the deadline costs the member its place, and its late input counts no more', () => {
    const round = under([{ kind: 'delay', members: [4], state: 'share-keys', direction: 'up', seconds: 31 }]);
    expect(round).toMatchObject({ committed: true, exact: true, included: without(4) });
    expect(dropsOf(round)).toEqual(['4 share-keys deadline-missed']);
  });

  it('is drawn from distributions', () => {
    const seconds = { lognormal: { median: 1, sigma: 1 } };
    const times = [1, 2, 3].map((seed) => under([{ kind: 'delay', seconds }], { seed }).seconds);
    expect(new Set(times).size).toBe(3);
    for (const time of times) expect(time).toBeGreaterThan(4);
  });
});

describe('reorder', () => {
  it('lets messages overtake each other, and changes nothing', () => {
    const within = { uniform: [0, 5] as [number, number] };
    expect(under([]).happened.overtaken).toBe(0);
    const round = under([{ kind: 'reorder', within }]);
    expect(round.happened.reorder).toBeGreaterThan(20);
    expect(round.happened.overtaken).toBeGreaterThan(5);
    expect(round).toMatchObject({ committed: true, exact: true, included: ALL, unwiped: 0 });
  });
});

describe('duplicate', () => {
  it.each([0, 0.05, 7])('changes nothing, with copies after %f seconds', (after) => {
    // One slow member keeps the round open until the last copies have come.
    const script: FaultScript = [
      { kind: 'duplicate', copies: 2, after },
      { kind: 'delay', members: [8], state: 'unmasking', direction: 'up', seconds: 20 },
    ];
    const round = under(script, { adversary: 'active' });
    expect(round).toMatchObject({ committed: true, exact: true, included: ALL, unwiped: 0, drops: [] });
    expect(round.happened.duplicate).toBeGreaterThan(50);
    const codes = new Set(round.ignored.map(({ code }) => code));
    expect(codes.size).toBeGreaterThan(0);
    for (const code of codes)
      expect(['message-duplicate', 'wrong-state', 'session-closed', 'unmask-twice']).toContain(code);
  });
});

describe('corrupt', () => {
  const kinds = (['flip', 'truncate', 'foreign'] as const).flatMap((how) =>
    (['curious', 'active'] as const).flatMap((adversary) =>
      (['up', 'down'] as const).flatMap((direction) =>
        COLLECTING_STATES.filter((state) => adversary === 'active' || state !== 'consistency-check').map(
          (state) => [how, direction, state, adversary] as const,
        ),
      ),
    ),
  );

  it.each(kinds)(
    '%s, %s, of %s (%s) costs that member its place, and the sum stays exact',
    (how, direction, state, adversary) => {
      for (let seed = 0; seed < 3; seed++) {
        const round = under([{ kind: 'corrupt', members: [6], state, direction, how }], { adversary, seed });
        expect(round.happened.corrupt).toBe(1);
        expect(round).toMatchObject({ committed: true, exact: true, unwiped: 0 });
        expect(round.ignored.length).toBeGreaterThan(0);
        expect(round.drops).toMatchObject([{ member: 6, state }]);
      }
    },
  );

  const checked = [
    ...(['advertise-keys', 'share-keys'] as const).flatMap((state) => [
      [state, 'up'] as const,
      [state, 'down'] as const,
    ]),
    ...(['masked-input', 'consistency-check', 'unmasking'] as const).map((state) => [state, 'down'] as const),
    ['consistency-check', 'up'] as const,
  ];

  it.each(checked)(
    'behind the frame of %s, %s, costs members their place, and the sum stays exact',
    (state, direction) => {
      for (let seed = 0; seed < 4; seed++) {
        const script: FaultScript = [{ kind: 'corrupt', members: [6], state, direction, part: 'payload' }];
        const round = under(script, { adversary: 'active', seed });
        expect(round.happened.corrupt).toBe(1);
        expect(round).toMatchObject({ committed: true, exact: true, unwiped: 0 });
        expect(round.drops.length).toBeGreaterThan(0);
      }
    },
  );

  it('of masked words is another input, which has no redundancy and only the transport can keep out; the plain sum shows it', () => {
    const round = under([{ kind: 'corrupt', members: [6], state: 'masked-input', direction: 'up', part: 'payload' }]);
    expect(round).toMatchObject({ committed: true, exact: false, included: ALL });
  });

  it.each([
    ['curious', 'complete', 8],
    ['active', 'complete', 12],
    ['curious', 'ring', 20],
  ] as const)(
    'of revealed shares (%s, %s) is corrected where it matters, and the sum stays exact',
    (adversary, graph, n) => {
      const script: FaultScript = [
        { kind: 'corrupt', members: [2], state: 'unmasking', direction: 'up', part: 'payload' },
        { kind: 'drop', members: [7], state: 'masked-input' },
      ];
      const settings = { graph, dropoutPpm: 100_000 } as const;
      const found: string[] = [];
      for (let seed = 0; seed < 8; seed++) {
        const round = under(script, { adversary, seed, n, settings });
        expect(round.happened.corrupt).toBe(1);
        expect(round).toMatchObject({ committed: true, exact: true, unwiped: 0 });
        expect(round.included).not.toContain(7);
        found.push(...round.drops.filter(({ member }) => member === 2).map(({ reason }) => reason));
      }
      // A share that is no element of the field costs its sender its place; others are corrected, or were not needed.
      expect(found).toContain('share-false');
    },
  );

  it.each([
    ['curious', ['below-threshold', 'exact true', 'secret-mismatch']],
    // Shares that were changed on the way are not what their holders signed: nothing is proven by them.
    ['active', ['below-threshold', 'exact true', 'false-dealing-unproven']],
  ] as const)(
    'of revealed shares by several or all (%s) ends in an exact sum or with the code that says why there is none',
    (adversary, expected) => {
      const ends = new Set<string>();
      for (let seed = 0; seed < 6; seed++)
        for (const which of [{ share: 0.2, bits: 1 }, { bits: 1 }, { bits: 40 }]) {
          const fault = { kind: 'corrupt', state: 'unmasking', direction: 'up', part: 'payload', ...which } as const;
          const round = under([fault], { adversary, seed });
          expect(round.unwiped).toBe(0);
          ends.add(round.error?.code ?? `exact ${round.exact}`);
        }
      expect([...ends].sort()).toEqual(expected);
    },
  );

  it('of a commitment ends the round with its sender as culprit, and of sealed shares costs others their place', () => {
    const script: FaultScript = [
      { kind: 'corrupt', members: [6], state: 'share-keys', direction: 'up', part: 'payload', bits: 1 },
    ];
    const ends = new Set<string>();
    for (let seed = 0; seed < 40 && ends.size < 2; seed++) {
      const { error, exact } = under(script, { seed });
      ends.add(error === undefined ? `exact ${exact}` : `${error.code} ${error.culprits.join()}`);
    }
    expect([...ends].sort()).toEqual(['exact true', 'secret-mismatch 6']);
  });
});

describe('flapping', () => {
  it('costs nobody a place who is back within the grace: what was lost is sent again', () => {
    const round = under([{ kind: 'flapping', members: [1, 4, 7], away: 0.35, between: 0.15 }]);
    expect(round.happened.flapping).toBeGreaterThan(5);
    expect(round.happened.lost).toBeGreaterThan(0);
    expect(round.happened.again).toBeGreaterThan(round.happened.lost);
    expect(round).toMatchObject({ committed: true, exact: true, included: ALL, drops: [], unwiped: 0 });
    expect(round.seconds).toBeGreaterThan(0.8);
  });

  it('of everybody, with messages of every length on their way, still ends exactly', () => {
    for (let seed = 0; seed < 5; seed++) {
      const script: FaultScript = [
        { kind: 'flapping', away: { exponential: 0.5 }, between: { exponential: 0.5 } },
        { kind: 'duplicate', share: 0.5, after: { exponential: 0.2 } },
      ];
      const round = under(script, { seed, adversary: 'active' });
      expect(round.happened.flapping).toBeGreaterThan(8);
      expect([true, undefined]).toContain(round.exact);
      expect(round.unwiped).toBe(0);
    }
  });

  it('for longer than the grace costs the place', () => {
    const round = under([{ kind: 'flapping', members: [2], away: 4, between: 0.35 }]);
    expect(dropsOf(round)).toEqual(['2 share-keys member-left']);
    expect(round).toMatchObject({ committed: true, exact: true, included: without(2) });
  });
});

describe('partition', () => {
  const parted = (seconds: number) =>
    under([{ kind: 'partition', members: [1, 2], state: 'share-keys', after: 0.05, seconds }]);

  it('that heals within the grace delays the round, and all count', () => {
    const round = parted(2);
    expect(round.happened).toMatchObject({ partition: 2, lost: 2 });
    expect(round).toMatchObject({ committed: true, exact: true, included: ALL, drops: [] });
    expect(round.seconds).toBeCloseTo(0.2 + 2.05 + 0.6, 9);
  });

  it('that does not costs the group its place', () => {
    const round = parted(1000);
    expect(dropsOf(round)).toEqual(['1 share-keys member-left', '2 share-keys member-left']);
    expect(round).toMatchObject({ committed: true, exact: true, included: without(1, 2) });
  });

  it('of too many ends the round', () => {
    const round = under([{ kind: 'partition', state: 'masked-input', seconds: 100 }]);
    expect(round).toMatchObject({ committed: false, sum: undefined, unwiped: 0 });
    expect(round.error?.code).toBe('below-threshold');
  });
});

describe('abandon', () => {
  it.each(COLLECTING_STATES)('in %s ends the round for all, without a sum, and everything is wiped', (state) => {
    const round = under([{ kind: 'abandon', state, after: 0.15 }], { adversary: 'active' });
    expect(round.happened.abandon).toBe(1);
    expect(round).toMatchObject({ committed: false, sum: undefined, waiting: [], unwiped: 0 });
    expect(round.error?.code).toBe('round-abandoned');
  });

  it('comes too late for a state that has passed', () => {
    expect(under([{ kind: 'abandon', state: 'share-keys', after: 5 }])).toMatchObject({ committed: true, exact: true });
  });
});

describe('all faults together', () => {
  const seconds = fc.oneof(
    fc.double({ min: 0, max: 80, noNaN: true }),
    fc.record({ exponential: fc.double({ min: 0, max: 5, noNaN: true }) }),
  );
  const who = fc.oneof(
    fc.record({ members: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }) }),
    fc.record({ probability: fc.double({ min: 0, max: 0.4, noNaN: true }) }),
  );
  const state = fc.constantFrom(...COLLECTING_STATES);
  const fault = fc.oneof(
    fc
      .tuple(who, fc.constantFrom(...COLLECTING_STATES, 'any' as const))
      .map(([w, s]) => ({ kind: 'drop', ...w, state: s }) as const),
    fc.tuple(who, seconds).map(([w, s]) => ({ kind: 'delay', ...w, seconds: s }) as const),
    fc.tuple(who, seconds).map(([w, within]) => ({ kind: 'reorder', ...w, within }) as const),
    fc.tuple(who, seconds).map(([w, after]) => ({ kind: 'duplicate', ...w, after }) as const),
    fc
      .tuple(who, state, fc.constantFrom('flip' as const, 'truncate' as const, 'foreign' as const))
      .map(([w, s, how]) => ({ kind: 'corrupt', ...w, state: s, how }) as const),
    fc.tuple(who, seconds, seconds).map(([w, away, between]) => ({ kind: 'flapping', ...w, away, between }) as const),
    fc.tuple(who, state, seconds).map(([w, s, t]) => ({ kind: 'partition', ...w, state: s, seconds: t }) as const),
    fc.tuple(state, seconds).map(([s, after]) => ({ kind: 'abandon', state: s, after }) as const),
  );

  it('never give a wrong sum, never hang, wipe every secret, and end the same way again', () => {
    let committed = 0;
    let failed = 0;
    fc.assert(
      fc.property(
        fc.array(fault, { maxLength: 4 }),
        fc.constantFrom('curious', 'active'),
        fc.nat(1e6),
        (script, adversary, seed) => {
          const scene = { adversary, seed, network: { ...STEADY, latency: { exponential: 0.2 } } } as const;
          const round = under(script, scene);
          if (round.committed) {
            committed++;
            expect(round.exact).toBe(true);
          } else {
            failed++;
            expect(round.error?.code).toMatch(
              /^(below-threshold|too-few-members|round-abandoned|secret-mismatch|false-dealing-unproven)$/,
            );
          }
          expect(round.unwiped).toBe(0);
          expect(round.seconds).toBeLessThan(120 + 30 + 60 + 30 + 30 + 1);
          const again = under(script, scene);
          expect([again.sum, again.drops, again.happened, again.seconds]).toEqual([
            round.sum,
            round.drops,
            round.happened,
            round.seconds,
          ]);
        },
      ),
      { numRuns: 36, seed: 20_261_122 },
    );
    expect(committed).toBeGreaterThan(9);
    expect(failed).toBeGreaterThanOrEqual(6);
  });
});
