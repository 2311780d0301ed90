import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { CairnError } from '../../protocol/errors.ts';
import {
  assertSound,
  findRing,
  roundParameters,
  wholeCommittee,
} from '../../protocol/schemes/secagg/parameters/index.ts';
import { below } from '../../protocol/hypergeometric.ts';
import { completeThreshold, minSharers, minSoundThreshold } from '../../protocol/schemes/secagg/parameters/round.ts';
import { findCommittee } from '../../protocol/schemes/secagg/parameters/witnesses.ts';
import type { RoundParameters } from '../../protocol/schemes/secagg/parameters/index.ts';
import type { AdversaryClass } from '../../protocol/rounds/index.ts';

/** The code of the CairnError that `act` throws; `undefined` where it throws none. */
function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof CairnError) return thrown.code;
    throw thrown;
  }
}

/**
 * An upper bound on the probability that a random set of `survivors` cannot open the sum, because some member is left
 * with fewer surviving neighbours than the threshold (a union bound over the members), or fewer witnesses than a quorum are
 * left; capped at 1.
 * @throws CairnError `settings-invalid` where survivors is not an integer from 0 to n
 */
function dropoutFailureProbability(parameters: RoundParameters, survivors: number): number {
  const { graph, n, degree, threshold, witnesses, quorum } = parameters;
  if (!Number.isSafeInteger(survivors) || survivors < 0 || survivors > n) {
    throw new CairnError('settings-invalid', `survivors must be from 0 to ${n}, but is ${survivors}`);
  }
  if (graph === 'complete') return survivors < minSharers(parameters) ? 1 : 0;
  const unsigned = below({ total: n, marked: survivors, draws: witnesses }, quorum);
  return Math.min(1, n * below({ total: n, marked: survivors, draws: degree }, threshold) + unsigned);
}

/** Of curious rounds, which have no witnesses. */
const NONE = { witnesses: 0, quorum: 0 } as const;

type KnownAnswer = readonly [number, number, AdversaryClass, number, number, number];

// Bonawitz et al. 2017, SecAgg+ (Bell et al. 2020): γ, δ, class, n, degree, threshold.
const KNOWN: readonly KnownAnswer[] = [
  [0.05, 0.05, 'curious', 100, 12, 6],
  [0.05, 0.05, 'curious', 1000, 30, 17],
  [0.05, 0.05, 'curious', 10_000, 34, 20],
  [0.05, 0.05, 'active', 100, 16, 11],
  [0.05, 0.05, 'active', 1000, 52, 37],
  [0.05, 0.05, 'active', 10_000, 62, 44],
  [0.05, 0.33, 'curious', 100, 28, 6],
  [0.05, 0.33, 'curious', 1000, 72, 24],
  [0.05, 0.33, 'curious', 10_000, 86, 29],
  [0.05, 0.33, 'active', 100, 72, 39],
  [0.05, 0.33, 'active', 1000, 398, 223],
  [0.05, 0.33, 'active', 10_000, 746, 420],
  [0.33, 0.05, 'curious', 100, 34, 29],
  [0.33, 0.05, 'curious', 1000, 78, 60],
  [0.33, 0.05, 'curious', 10_000, 92, 70],
  [0.33, 0.05, 'active', 100, 42, 37],
  [0.33, 0.05, 'active', 1000, 132, 109],
  [0.33, 0.05, 'active', 10_000, 178, 146],
  [0.33, 0.33, 'curious', 100, 68, 34],
  [0.33, 0.33, 'curious', 1000, 286, 150],
  [0.33, 0.33, 'curious', 10_000, 422, 221],
  [0.3, 0.3, 'active', 100, 92, 62],
  [0.3, 0.3, 'active', 1000, 872, 584],
  [0.3, 0.3, 'active', 10_000, 4822, 3230],
  [0.1, 0.3, 'curious', 100, 34, 11],
  [0.1, 0.3, 'curious', 500, 76, 31],
  [0.1, 0.3, 'curious', 1000, 88, 36],
  [0.1, 0.3, 'curious', 10_000, 108, 44],
  [0.05, 0.1, 'active', 100, 26, 16],
  [0.05, 0.1, 'active', 500, 66, 44],
  [0.05, 0.1, 'active', 1000, 78, 52],
  [0.05, 0.1, 'active', 10_000, 96, 64],
  [0.1, 0.2, 'active', 100, 52, 32],
  [0.1, 0.2, 'active', 500, 152, 97],
  [0.1, 0.2, 'active', 1000, 194, 124],
  [0.1, 0.2, 'active', 10_000, 280, 179],
];

describe('findRing', () => {
  it.each(KNOWN)(
    'γ %d, δ %d, %s, n = %d gives k = %d, t = %d',
    (colluding, dropout, adversary, n, degree, threshold) => {
      expect(findRing({ n, colluding, dropout, adversary })).toEqual({ degree, threshold });
    },
  );
});

describe('findRing beyond the table', () => {
  it('says so where no degree will do', () => {
    expect(codeOf(() => findRing({ n: 1000, colluding: 0.4, dropout: 0.6, adversary: 'curious' }))).toBe(
      'no-feasible-graph',
    );
    // The second answer comes from the cache, and is the same.
    expect(codeOf(() => findRing({ n: 100, colluding: 0.3, dropout: 0.5, adversary: 'active' }))).toBe(
      'no-feasible-graph',
    );
    expect(codeOf(() => findRing({ n: 100, colluding: 0.3, dropout: 0.5, adversary: 'active' }))).toBe(
      'no-feasible-graph',
    );
  });

  // Computed apart from this code, in exact rational arithmetic.
  it.each([
    [0.1, 0.1, 1000, 124, 90],
    [0.05, 0.1, 1000, 96, 67],
    [0.05, 0.1, 200, 42, 27],
    [0.3, 0.3, 100, 92, 62],
  ])(
    'γ %d, δ %d, n = %d with σ = 80 and own shares gives k = %d, t = %d',
    (colluding, dropout, n, degree, threshold) => {
      const question = { n, colluding, dropout, adversary: 'active', sigma: 80, ownShare: true } as const;
      expect(findRing(question)).toEqual({ degree, threshold });
    },
  );

  // Where rule 1 binds, and a bound twice as great would give a smaller degree; also computed apart.
  it.each([
    [0.02, 0.3, 100, 26, 3],
    [0, 0.1, 200, 16, 2],
    [0.01, 0.05, 300, 14, 4],
    [0.01, 0.3, 500, 34, 6],
  ])('γ %d, δ %d, curious, n = %d gives k = %d, t = %d', (colluding, dropout, n, degree, threshold) => {
    expect(findRing({ n, colluding, dropout, adversary: 'curious' })).toEqual({ degree, threshold });
  });

  it('answers for 100 000 members', () => {
    expect(findRing({ n: 100_000, colluding: 0.1, dropout: 0.1, adversary: 'curious' })).toEqual({
      degree: 58,
      threshold: 33,
    });
    expect(codeOf(() => findRing({ n: 100_000, colluding: 0.45, dropout: 0.45, adversary: 'active' }))).toBe(
      'no-feasible-graph',
    );
  });

  it('needs no smaller degree where more security, collusion or dropout is asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 1500 }),
        fc.integer({ min: 0, max: 15 }),
        fc.integer({ min: 0, max: 15 }),
        fc.constantFrom<AdversaryClass>('curious', 'active'),
        (n, colluding, dropout, adversary) => {
          const question = { n, colluding: colluding / 100, dropout: dropout / 100, adversary };
          const { degree } = ringOr(n, question);
          expect(ringOr(n, { ...question, sigma: 60 }).degree).toBeGreaterThanOrEqual(degree);
          expect(ringOr(n, { ...question, eta: 40 }).degree).toBeGreaterThanOrEqual(degree);
          expect(ringOr(n, { ...question, colluding: 0.3 }).degree).toBeGreaterThanOrEqual(degree);
          expect(ringOr(n, { ...question, dropout: 0.3 }).degree).toBeGreaterThanOrEqual(degree);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    { n: 1, colluding: 0, dropout: 0 },
    { n: 10.5, colluding: 0, dropout: 0 },
    { n: 2 ** 21 + 1, colluding: 0, dropout: 0 },
    { n: 100, colluding: 1, dropout: 0 },
    { n: 100, colluding: -0.1, dropout: 0 },
    { n: 100, colluding: 0, dropout: NaN },
    { n: 100, colluding: 0, dropout: 0, sigma: 0 },
    { n: 100, colluding: 0, dropout: 0, eta: Infinity },
  ])('refuses %o', (question) => {
    expect(codeOf(() => findRing({ ...question, adversary: 'curious' }))).toBe('settings-invalid');
  });
});

/** The finder's answer, or a degree above all others where none is feasible. */
function ringOr(n: number, question: Parameters<typeof findRing>[0]): { degree: number } {
  try {
    return findRing(question);
  } catch (thrown) {
    if (thrown instanceof CairnError && thrown.code === 'no-feasible-graph') return { degree: n };
    throw thrown;
  }
}

describe('completeThreshold', () => {
  it.each([
    [100, 'active', 0, 34],
    [100, 'active', 0.33, 34],
    [100, 'active', 0.5, 51],
    [4, 'active', 0, 2],
    [3, 'active', 0, 2],
    [2, 'active', 0, 2],
    [100, 'curious', 0.1, 51],
    [100, 'curious', 0.7, 71],
    // 0.29 · 100 is a little less than 29 in doubles.
    [100, 'curious', 0.57, 58],
    [2, 'curious', 0, 2],
  ] as const)('n = %d, %s, γ %d: %d', (n, adversary, colluding, threshold) => {
    expect(completeThreshold({ n, adversary, colluding })).toBe(threshold);
  });

  it('is sound and reachable for every cohort', () => {
    const model = fc.record({
      n: fc.integer({ min: 2, max: 3000 }),
      adversary: fc.constantFrom<AdversaryClass>('curious', 'active'),
      colluding: fc.double({ min: 0, max: 0.99, noNaN: true }),
    });
    fc.assert(
      fc.property(model, ({ n, adversary, colluding }) => {
        const threshold = completeThreshold({ n, adversary, colluding });
        expect(threshold).toBeLessThanOrEqual(n);
        const committee = adversary === 'active' ? wholeCommittee(n, colluding) : NONE;
        assertSound({ graph: 'complete', n, degree: n - 1, threshold, ...committee }, { adversary, colluding });
      }),
    );
  });
});

describe('minSoundThreshold', () => {
  it('on the complete graph: more than the colluders', () => {
    const graph = { n: 100, graph: 'complete', degree: 99 } as const;
    expect(minSoundThreshold({ ...graph, adversary: 'curious', colluding: 0.3 })).toBe(31);
    expect(minSoundThreshold({ ...graph, adversary: 'curious', colluding: 0 })).toBe(2);
    expect(minSoundThreshold({ ...graph, adversary: 'active', colluding: 0.3 })).toBe(31);
    expect(minSoundThreshold({ ...graph, adversary: 'active', colluding: 0 })).toBe(2);
  });

  it('on a ring: the finder’s threshold for that degree', () => {
    for (const [colluding, , adversary, n, degree, threshold] of KNOWN) {
      const least = minSoundThreshold({ n, graph: 'ring', degree, adversary, colluding, sigma: 40 });
      // An own share makes one holder more, which the active rule must count: see ringThreshold.
      if (adversary === 'curious') expect(least).toBe(threshold);
      else expect([threshold, threshold + 1]).toContain(least);
    }
  });

  it('on a ring against an active coordinator no split of the holders opens both secrets', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 2000 }), fc.integer({ min: 5, max: 30 }), (n, percent) => {
        const colluding = percent / 100;
        const degree = 40;
        const colluders = minSoundThreshold({ n, graph: 'ring', degree, adversary: 'curious', colluding, sigma: 80 });
        const t1 = colluders - 1;
        const least = minSoundThreshold({ n, graph: 'ring', degree, adversary: 'active', colluding, sigma: 80 });
        // Colluders give both shares, each honest neighbour one, and the owner that of its self mask.
        expect(2 * least).toBeGreaterThan(degree + 1 + t1);
        expect(2 * (least - 1)).toBeLessThanOrEqual(degree + 1 + t1);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses graphs that do not exist', () => {
    const model = { n: 100, adversary: 'curious', colluding: 0 } as const;
    expect(codeOf(() => minSoundThreshold({ ...model, graph: 'complete', degree: 98 }))).toBe('settings-invalid');
    for (const degree of [0, 13, 100, 2.5]) {
      expect(codeOf(() => minSoundThreshold({ ...model, graph: 'ring', degree }))).toBe('settings-invalid');
    }
  });
});

describe('assertSound', () => {
  const complete: RoundParameters = {
    graph: 'complete',
    n: 100,
    degree: 99,
    threshold: 51,
    witnesses: 100,
    quorum: 67,
  };

  it('weighs the same parameters by the model of the one who asks', () => {
    assertSound(complete, { adversary: 'curious', colluding: 0.5 });
    assertSound(complete, { adversary: 'active', colluding: 0 });
    expect(codeOf(() => assertSound(complete, { adversary: 'curious', colluding: 0.51 }))).toBe('threshold-unsound');
    expect(codeOf(() => assertSound(complete, { adversary: 'active', colluding: 0.51 }))).toBe('threshold-unsound');
    // 100 + 33 signatures make two quorums of 67 fewer than two, 100 + 34 do not.
    assertSound(complete, { adversary: 'active', colluding: 0.33 });
    expect(codeOf(() => assertSound(complete, { adversary: 'active', colluding: 0.34 }))).toBe('threshold-unsound');
  });

  it('names the least sound threshold', () => {
    expect(() => assertSound(complete, { adversary: 'active', colluding: 0.6 })).toThrow(
      /minimum sound threshold is 61/,
    );
    expect(() => assertSound(complete, { adversary: 'active', colluding: 0.4 })).toThrow(/minimum sound quorum is 71/);
  });

  it('refuses a ring so thin that colluders may surround a member, whatever its threshold', () => {
    const thin: RoundParameters = { graph: 'ring', n: 1000, degree: 2, threshold: 3, ...NONE };
    expect(codeOf(() => assertSound(thin, { adversary: 'curious', colluding: 0.1 }))).toBe('threshold-unsound');
    expect(
      codeOf(() => assertSound({ ...thin, degree: 8, threshold: 9 }, { adversary: 'curious', colluding: 0.1 })),
    ).toBe('threshold-unsound');
  });

  it('refuses thresholds that no number of holders reaches', () => {
    const model = { adversary: 'curious', colluding: 0 } as const;
    assertSound({ ...complete, threshold: 100 }, model);
    expect(codeOf(() => assertSound({ ...complete, threshold: 101 }, model))).toBe('settings-invalid');
    expect(codeOf(() => assertSound({ ...complete, threshold: 60.5 }, model))).toBe('settings-invalid');
    expect(codeOf(() => assertSound({ ...complete, threshold: NaN }, model))).toBe('settings-invalid');
  });
});

describe('roundParameters', () => {
  const question = { n: 1000, adversary: 'curious', colluding: 0.1, dropout: 0.3, threshold: 0 } as const;

  it('takes a ring where one is safe and smaller, and the complete graph elsewhere', () => {
    expect(roundParameters({ ...question, graph: 'auto' })).toEqual({
      graph: 'ring',
      n: 1000,
      degree: 88,
      threshold: 36,
      ...NONE,
    });
    // Feasible by the finder, yet too small to trust shares that are rounded to whole members.
    expect(roundParameters({ ...question, n: 63, graph: 'auto' })).toEqual({
      graph: 'complete',
      n: 63,
      degree: 62,
      threshold: 32,
      ...NONE,
    });
    expect(roundParameters({ ...question, n: 63, graph: 'ring' }).graph).toBe('ring');
    expect(roundParameters({ ...question, graph: 'complete' })).toEqual({
      graph: 'complete',
      n: 1000,
      degree: 999,
      threshold: 501,
      ...NONE,
    });
  });

  it('asks for 61 more bits in active rounds, counts own shares, and has witnesses', () => {
    const active = { ...question, adversary: 'active', dropout: 0.1, graph: 'ring' } as const;
    const { degree, threshold } = findRing({ ...active, sigma: 101, ownShare: true });
    const committee = findCommittee({ ...active, sigma: 101 })!;
    expect(roundParameters(active)).toEqual({ graph: 'ring', n: 1000, degree, threshold, ...committee });
    expect(degree).toBeGreaterThan(findRing({ ...active, sigma: 40 }).degree);
  });

  it('has every member of an active complete graph as a witness', () => {
    const active = { ...question, adversary: 'active', graph: 'complete' } as const;
    expect(roundParameters({ ...active, n: 12 })).toMatchObject({ threshold: 5, witnesses: 12, quorum: 9 });
    expect(roundParameters({ ...active, n: 3 })).toMatchObject({ threshold: 2, witnesses: 3, quorum: 3 });
    expect(roundParameters({ ...active, n: 2 })).toMatchObject({ threshold: 2, witnesses: 2, quorum: 2 });
  });

  it('refuses an infeasible ring only where a ring is asked for', () => {
    const hard = { ...question, n: 100, adversary: 'active', colluding: 0.4 } as const;
    expect(codeOf(() => roundParameters({ ...hard, graph: 'ring' }))).toBe('no-feasible-graph');
    expect(roundParameters({ ...hard, graph: 'auto' }).graph).toBe('complete');
  });

  it('honours an explicit threshold that is sound', () => {
    expect(roundParameters({ ...question, graph: 'complete', threshold: 101 }).threshold).toBe(101);
    expect(codeOf(() => roundParameters({ ...question, graph: 'complete', threshold: 100 }))).toBe('threshold-unsound');
    expect(roundParameters({ ...question, graph: 'ring', threshold: 40 }).threshold).toBe(40);
    expect(codeOf(() => roundParameters({ ...question, graph: 'ring', threshold: 35 }))).toBe('threshold-unsound');
    expect(codeOf(() => roundParameters({ ...question, graph: 'ring', threshold: 90 }))).toBe('settings-invalid');
  });

  it('derives parameters that its own check accepts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 2000 }),
        fc.double({ min: 0, max: 0.6, noNaN: true }),
        fc.double({ min: 0, max: 0.6, noNaN: true }),
        fc.constantFrom<AdversaryClass>('curious', 'active'),
        (n, colluding, dropout, adversary) => {
          const parameters = roundParameters({ n, graph: 'auto', adversary, colluding, dropout, threshold: 0 });
          assertSound(parameters, { adversary, colluding });
          expect(parameters.threshold).toBeGreaterThanOrEqual(2);
          expect(parameters.threshold).toBeLessThanOrEqual(parameters.degree + 1);
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe('dropoutFailureProbability', () => {
  it('is a step on the complete graph', () => {
    const complete: RoundParameters = { graph: 'complete', n: 10, degree: 9, threshold: 7, ...NONE };
    expect(dropoutFailureProbability(complete, 7)).toBe(0);
    expect(dropoutFailureProbability(complete, 6)).toBe(1);
    const signed = { ...complete, threshold: 4, witnesses: 10, quorum: 7 };
    expect(dropoutFailureProbability(signed, 7)).toBe(0);
    expect(dropoutFailureProbability(signed, 6)).toBe(1);
  });

  it('is at most 2^−20 at the dropout that the finder was asked for, and 1 where too few are left', () => {
    for (const [, dropout, , n, degree, threshold] of KNOWN) {
      const survivors = n - Math.round(n * dropout);
      const ring: RoundParameters = { graph: 'ring', n, degree, threshold, ...NONE };
      expect(dropoutFailureProbability(ring, survivors)).toBeLessThanOrEqual(2 ** -20);
      expect(dropoutFailureProbability(ring, threshold - 1)).toBe(1);
    }
  });

  it('equals a count by hand: 4 members, 2 neighbours, 3 survivors, both needed', () => {
    // Each of 4 members keeps both neighbours with probability C(3,2)/C(4,2) = 1/2.
    const ring: RoundParameters = { graph: 'ring', n: 4, degree: 2, threshold: 2, ...NONE };
    expect(dropoutFailureProbability(ring, 3)).toBe(1);
    expect(dropoutFailureProbability(ring, 4)).toBe(0);
    expect(dropoutFailureProbability({ ...ring, n: 40, threshold: 1 }, 38)).toBeCloseTo(40 / 780, 12);
    // Two witnesses of whom one must be left: both are among the two that dropped in 1 of 780 cases.
    const witnessed = { ...ring, n: 40, threshold: 0, witnesses: 2, quorum: 1 };
    expect(dropoutFailureProbability(witnessed, 38)).toBeCloseTo(1 / 780, 12);
    expect(codeOf(() => dropoutFailureProbability(ring, 5))).toBe('settings-invalid');
  });
});
