import { describe, expect, it } from 'vitest';
import { encodeUpdate, minModulusBits, openSum, type QuantizationScheme } from '../../../protocol/quantize/index.ts';
import { systemRandom } from '../../../protocol/crypto/random.ts';
import { firstMembers } from '../../../simulations/engine/virtual-task.ts';
import { attackersOf, attackerUpdate, unclippedWords } from '../../../simulations/experiments/poisoning/attackers.ts';
import { drawGroups, predictedPoisoned } from '../../../simulations/experiments/poisoning/groups.ts';

const scheme: QuantizationScheme = {
  dimension: 3,
  clip: 1,
  inputBits: 16,
  modulusBits: minModulusBits(16, 8),
  maxCohort: 8,
  maxExamples: 10,
  lossBound: 16,
};

const local = (...values: number[]) => ({ update: Float32Array.from(values), examples: 10, loss: 1, accuracy: 0.5 });

/** The mean of one member's words. */
function opened(words: Uint32Array): number[] {
  const into = new Float32Array(3);
  openSum(scheme, words, 1).update(0, into);
  return [...into];
}

describe('words that nobody clips', () => {
  it('are those of an honest member within the clip, but for rounding', () => {
    const update = Float32Array.of(0.25, -0.5, 0.125);
    const honest = opened(encodeUpdate(scheme, local(...update), systemRandom).values);
    const other = opened(unclippedWords(scheme, local(...update), update, systemRandom));
    other.forEach((value, j) => expect(Math.abs(value - honest[j]!)).toBeLessThan(1e-4));
  });

  it('are as long as they like beyond it, up to what the modulus holds', () => {
    const [a, b, c] = opened(unclippedWords(scheme, local(0, 0, 0), Float32Array.of(5, -6, 1000), systemRandom));
    expect(a).toBeCloseTo(5, 3);
    expect(b).toBeCloseTo(-6, 3);
    // 19 bits hold eight times the clip and not more.
    expect(c).toBeGreaterThan(7.9);
    expect(c).toBeLessThan(8.1);
  });
});

describe('what attackers send', () => {
  const settings = { boost: 20, noise: 500, clip: 2 };

  it('is the opposite of the update, boosted', () => {
    expect([...attackerUpdate('sign-flip', local(1, -2, 0.5), settings, 1)!]).toEqual([-20, 40, -10]);
  });

  it('is noise of a length that they choose, the same for the same seed', () => {
    const noise = attackerUpdate('noise', local(1, -2, 0.5), settings, 1)!;
    expect(Math.hypot(...noise)).toBeCloseTo(1000, 2);
    expect(attackerUpdate('noise', local(0, 0, 0), settings, 1)).toEqual(noise);
    expect(attackerUpdate('noise', local(0, 0, 0), settings, 2)).not.toEqual(noise);
  });

  it('is an honest update of wrong labels where they keep to the protocol', () => {
    expect(attackerUpdate('label-flip', local(1, 2, 3), settings, 1)).toBeUndefined();
  });

  it('comes from a share of the members, the same for the same seed', () => {
    const members = firstMembers(50);
    const attackers = attackersOf(members, 0.1, 7);
    expect(attackers.size).toBe(5);
    expect(attackersOf(members, 0.1, 7)).toEqual(attackers);
    expect(attackersOf(members, 0.1, 8)).not.toEqual(attackers);
    expect(attackersOf(members, 0, 7).size).toBe(0);
  });
});

describe('groups with an attacker in them', () => {
  it('are as many as the hypergeometric distribution says', () => {
    // Two of six in groups of two: clean with probability C(4, 2) / C(6, 2).
    expect(predictedPoisoned(6, { attackers: 2, cohort: 6, groups: 3 })).toBeCloseTo(1 - 6 / 15, 12);
    expect(predictedPoisoned(6, { attackers: 0, cohort: 6, groups: 3 })).toBeCloseTo(0, 12);
    expect(predictedPoisoned(6, { attackers: 5, cohort: 6, groups: 3 })).toBeCloseTo(1, 12);
  });

  it('are so in splits as they are drawn', () => {
    const members = firstMembers(30);
    const attackers = attackersOf(members, 0.1, 1);
    let poisoned = 0;
    const rounds = 2000;
    for (let round = 1; round <= rounds; round++) {
      const groups = drawGroups(members, { cohort: 20, groups: 6, seed: 5, round });
      expect(groups.map(({ length }) => length)).toEqual([4, 4, 3, 3, 3, 3]);
      expect(new Set(groups.flat()).size).toBe(20);
      poisoned += groups.filter((group) => group.some((member) => attackers.has(member))).length / 6;
    }
    const expected = predictedPoisoned(30, { attackers: 3, cohort: 20, groups: 6 });
    expect(Math.abs(poisoned / rounds - expected)).toBeLessThan(0.02);
  });
});
