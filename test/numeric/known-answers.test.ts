import { describe, expect, it } from 'vitest';
import { adaptClip } from '../../protocol/privacy/clipping.ts';
import { exp, floorLog2 } from '../../protocol/numeric.ts';
import { clips, inputs, KNOWN_DIGESTS, numericDigests } from './support.ts';

/*
 * The check `nodes` runs this folder on other releases of Node, and test/browser/parts.test.ts in Chromium: 50 of 2 000
 * steps of an adaptive clip once differed in the last bit between engines, because they used Math.exp.
 */
describe('functions that both sides must agree on', () => {
  it('have the same bits on every engine', () => {
    expect(numericDigests()).toEqual(KNOWN_DIGESTS);
  });

  it('have digests in which a single last bit shows, anywhere', () => {
    const ours = clips((clip, share) => adaptClip(clip, share, { quantile: 0.5, rate: 0.2 }));
    // The rule with a function that errs by one unit in the last place, once in 40 steps, as another engine's may.
    let steps = 0;
    const off = clips((clip, share) => {
      const next = clip * exp(-0.2 * (share - 0.5));
      return ++steps % 40 === 0 ? next * (1 + Number.EPSILON) : next;
    });
    expect(off).not.toEqual(ours);
    expect(Math.abs(off[1999]! / ours[1999]! - 1)).toBeLessThan(1e-13);
  });

  it('are given inputs of every kind', () => {
    const at = inputs();
    expect(at.some((x) => x !== 0 && Math.abs(x) < 2 ** -1022)).toBe(true);
    expect(at.filter((x) => Math.abs(x) <= 40).length).toBeGreaterThan(25_000);
    expect(at.some((x) => Math.abs(x) > 1e300)).toBe(true);
  });
});

describe('the floor of a binary logarithm', () => {
  it('is exact at every power of two and at its neighbours', () => {
    for (let k = -1000; k <= 1000; k++) {
      const power = 2 ** k;
      expect(floorLog2(power)).toBe(k);
      expect(floorLog2(power * (1 + Number.EPSILON))).toBe(k);
      expect(floorLog2(power * (1 - Number.EPSILON / 2))).toBe(k - 1);
    }
  });
});
