import { describe, expect, it } from 'vitest';
import { exp, log, sigmoid, softplus, tanh } from '../../protocol/numeric.ts';

/** Numbers of every size from 1e-300 to 700, of both signs. */
const anySize = Array.from({ length: 4001 }, (_, i) => {
  const x = 700 * 10 ** (-((i * 7919) % 4001) / 13.3);
  return i % 2 ? -x : x;
});
const usual = Array.from({ length: 4001 }, (_, i) => (i - 2000) / 50);

/** The engine's own functions are within a few units in the last place of the truth: a yardstick, not a standard. */
function expectLike(ours: (x: number) => number, theirs: (x: number) => number, at: number[], tolerance: number): void {
  for (const x of at) {
    const [a, b] = [ours(x), theirs(x)];
    if (a !== b) expect(Math.abs(a - b) / Math.abs(b), `at ${x}: ${a}, ${b}`).toBeLessThan(tolerance);
  }
}

describe('exponential functions from exact arithmetic', () => {
  it('exp', () => {
    expectLike(exp, Math.exp, [...anySize, ...usual], 2e-15);
    expect([exp(0), exp(-Infinity), exp(Infinity), exp(-746), exp(710)]).toEqual([1, 0, Infinity, 0, Infinity]);
    expect(exp(709.7)).toBeCloseTo(1.654984e308, -303);
    expect(exp(-744)).toBeGreaterThan(0);
    expect(exp(NaN)).toBeNaN();
  });

  it('log', () => {
    expectLike(log, Math.log, [...anySize, ...usual].map(Math.abs), 2e-15);
    expectLike(log, Math.log, [5e-324, 1e-310, 2.3e-308, 1.7e308, Math.SQRT2, Math.SQRT1_2], 2e-15);
    expect([log(0), log(1), log(Infinity)]).toEqual([-Infinity, 0, Infinity]);
    expect([log(-1), log(NaN)]).toEqual([NaN, NaN]);
  });

  it('tanh, sigmoid, softplus', () => {
    expectLike(tanh, Math.tanh, [...anySize, ...usual, 1e-3, 9.99e-4, -1e-3], 1e-12);
    expectLike(sigmoid, (x) => (x < -30 ? Math.exp(x) : 1 / (1 + Math.exp(-x))), [...usual, -700, 700], 1e-12);
    expectLike(
      softplus,
      (x) => Math.log1p(Math.exp(x)),
      usual.filter((x) => x > -20),
      1e-7,
    );
    expect([tanh(Infinity), tanh(-Infinity), sigmoid(-Infinity), sigmoid(800)]).toEqual([1, -1, 0, 1]);
    expect(softplus(800)).toBe(800);
    for (const f of [tanh, sigmoid, softplus]) expect(f(NaN)).toBeNaN();
  });
});
