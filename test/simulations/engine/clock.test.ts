import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../training/index.ts';
import { VirtualClock } from '../../../simulations/engine/clock.ts';
import { type Distribution, draw } from '../../../simulations/faults/distribution.ts';
import { codeOf } from '../../support/thrown.ts';

describe('the virtual clock', () => {
  it('lets things happen by time, and those of one moment in the order in which they were planned', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 }), (times) => {
        const clock = new VirtualClock();
        const happened: [number, number][] = [];
        times.forEach((time, i) => clock.after(time, () => happened.push([clock.now, i])));
        while (clock.step());
        const expected = times.map((time, i): [number, number] => [time, i]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        expect(happened).toEqual(expected);
      }),
    );
  });

  it('goes on with what is planned on the way, and never back', () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    clock.after(2, () => {
      clock.at(1, () => seen.push(clock.now));
      clock.after(0.5, () => seen.push(clock.now));
    });
    while (clock.step());
    expect(seen).toEqual([2, 2.5]);
    expect(clock.step()).toBe(false);
    for (const never of [-1, NaN, Infinity]) expect(codeOf(() => clock.after(never, () => undefined))).toBe('internal');
  });
});

describe('seconds drawn from a distribution', () => {
  const sample = (distribution: Distribution): number[] => {
    const random = new Random(7);
    return Array.from({ length: 4000 }, () => draw(distribution, random)).sort((a, b) => a - b);
  };
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

  it('have its mean, median and ends', () => {
    expect(new Set(sample(3))).toEqual(new Set([3]));
    const uniform = sample({ uniform: [1, 3] });
    expect(uniform[0]).toBeGreaterThanOrEqual(1);
    expect(uniform.at(-1)).toBeLessThan(3);
    expect(mean(uniform)).toBeCloseTo(2, 1);
    const exponential = sample({ exponential: 2 });
    expect(mean(exponential)).toBeGreaterThan(1.9);
    expect(mean(exponential)).toBeLessThan(2.1);
    const lognormal = sample({ lognormal: { median: 5, sigma: 1 } });
    expect(lognormal[2000]).toBeGreaterThan(4.7);
    expect(lognormal[2000]).toBeLessThan(5.3);
    // One standard deviation above the median is e times as much.
    expect(lognormal[Math.round(4000 * 0.8413)]! / 5).toBeGreaterThan(2.5);
    expect(lognormal[Math.round(4000 * 0.8413)]! / 5).toBeLessThan(3);
  });
});
