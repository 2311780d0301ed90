import { describe, expect, it } from 'vitest';
import { adaptClip } from '../../protocol/privacy/clipping.ts';
import { Random } from '../../training/index.ts';

describe('adaptive clipping', () => {
  it('steps by the exponential rule, and stays where the quantile is met', () => {
    expect(adaptClip(2, 0.5, { quantile: 0.5, rate: 0.2 })).toBe(2);
    expect(adaptClip(2, 1, { quantile: 0.5, rate: 0.2 })).toBeCloseTo(2 * Math.exp(-0.1), 12);
    expect(adaptClip(2, 0, { quantile: 0.5, rate: 0.2 })).toBeCloseTo(2 * Math.exp(0.1), 12);
  });

  it('moves no faster under wild noise than data could', () => {
    const tracking = { quantile: 0.3, rate: 0.2 };
    expect(adaptClip(1, 40, tracking)).toBe(adaptClip(1, 1, tracking));
    expect(adaptClip(1, -40, tracking)).toBe(adaptClip(1, 0, tracking));
  });

  it('stays a norm that updates can be divided by, however long it falls or rises', () => {
    let [least, most] = [1, 1];
    for (let round = 0; round < 1000; round++) {
      least = adaptClip(least, 1, { quantile: 0.5, rate: 10 });
      most = adaptClip(most, 0, { quantile: 0.5, rate: 10 });
    }
    expect([least, most]).toEqual([2 ** -100, 2 ** 100]);
  });

  it.each([0.001, 1000])('finds the quantile of norms from a start at %d times it, through noise', (start) => {
    const random = new Random(5);
    const uniform = (): number => random.next() / 2 ** 32;
    // Norms are e^u, u uniform in [0, 2): their quantile of 0.7 is e^1.4.
    let clip = start * Math.exp(1.4);
    const late: number[] = [];
    for (let round = 0; round < 400; round++) {
      const norms = Array.from({ length: 100 }, () => Math.exp(2 * uniform()));
      const noise = (uniform() + uniform() + uniform() - 1.5) / 10;
      const unclipped = norms.filter((norm) => norm <= clip).length / 100 + noise;
      clip = adaptClip(clip, unclipped, { quantile: 0.7, rate: 0.2 });
      if (round >= 200) late.push(Math.log(clip));
    }
    expect(late.reduce((sum, x) => sum + x, 0) / 200).toBeCloseTo(1.4, 1);
  });

  it.each([
    [0, 0.5, 0.5, 0.2],
    [1, Number.NaN, 0.5, 0.2],
    [1, 0.5, 1.5, 0.2],
    [1, 0.5, 0.5, 0],
    [Infinity, 0.5, 0.5, 0.2],
  ])('refuses norm %d, share %d, quantile %d, rate %d', (clip, share, quantile, rate) => {
    expect(() => adaptClip(clip, share, { quantile, rate })).toThrow(
      expect.objectContaining({ code: 'settings-invalid' }),
    );
  });
});
