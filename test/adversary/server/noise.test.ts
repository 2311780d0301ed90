import { describe, expect, it } from 'vitest';
import { seeded } from '../../../simulations/attacks/open-round/lab.ts';
import { looksUniform } from './uniform.ts';

const LENGTH = 251;
const BITS = 20;
const NOTHING = new Uint32Array(LENGTH);

const words = (seed: string): Uint32Array =>
  new Uint32Array(seeded(seed)(4 * LENGTH).buffer).map((word) => word >>> (32 - BITS));

/** Small integers of both signs modulo 2^20, as updates are. */
const small = (seed: string, bound: number): Uint32Array =>
  words(seed).map((word) => ((word % (2 * bound)) - bound) & (2 ** BITS - 1));

describe('what passes for noise', () => {
  it('is uniform words, and a vector under them', () => {
    for (let i = 0; i < 200; i++) {
      expect(looksUniform(words(`noise ${i}`), NOTHING, BITS)).toBe(true);
      expect(looksUniform(words(`noise ${i}`), small(`update ${i}`, 300), BITS)).toBe(true);
    }
  });

  it('is not an update, nor the sum or the difference of some, nor one with a few of its words changed', () => {
    for (let i = 0; i < 200; i++) {
      const update = small(`update ${i}`, 300);
      expect(looksUniform(update, NOTHING, BITS)).toBe(false);
      expect(looksUniform(small(`sum ${i}`, 30_000), update, BITS)).toBe(false);
      const changed = update.map((value, j) => (j < 50 ? words(`noise ${i}`)[j]! : value));
      expect(looksUniform(changed, update, BITS)).toBe(false);
    }
  });

  it('is not noise of half the modulus', () => {
    for (let i = 0; i < 200; i++) {
      expect(looksUniform(small(`half ${i}`, 2 ** (BITS - 2)), NOTHING, BITS)).toBe(false);
    }
  });
});
