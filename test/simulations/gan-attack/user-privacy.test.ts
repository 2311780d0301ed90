import { describe, expect, it } from 'vitest';
import { epsilonOf, mechanismOf, planNoise, roundCost } from '../../../protocol/privacy/index.ts';
import { userNoise } from '../../../simulations/experiments/gan-attack/settings.ts';

const budget = (epsilon: number) => ({ epsilon, delta: 1e-5, rounds: 200 });

describe('the noise of users', () => {
  it.each([2, 11] as const)(
    'of %i keeps the budget of all rounds and no less, without the adversary’s share',
    (members) => {
      const noise = userNoise(members, budget(8));
      expect(noise.minHonestSurvivors).toBe(members - 1);
      const plan = planNoise({ ...noise, modulusBits: 32, bitWidth: 0, clip: 1, dimension: 105_707 });
      const cost = roundCost(mechanismOf(plan), 1);
      const spent = epsilonOf(
        cost.map((divergence) => 200 * divergence),
        1e-5,
      );
      expect(spent).toBeLessThanOrEqual(8);
      expect(spent).toBeGreaterThan(7.99);
      // What rounds without noise of the adversary would be: 200 Gaussians of deviation z compose to one of z/√200.
      expect(noise.noiseMultiplier / Math.sqrt(200)).toBeGreaterThan(0.4);
      expect(noise.noiseMultiplier / Math.sqrt(200)).toBeLessThan(0.8);
    },
  );

  it('is less for a larger budget', () => {
    expect(userNoise(11, budget(1e4)).noiseMultiplier).toBeLessThan(userNoise(11, budget(8)).noiseMultiplier / 10);
  });
});
