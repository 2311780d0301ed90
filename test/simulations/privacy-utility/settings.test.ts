import { describe, expect, it } from 'vitest';
import { codeOf } from '../../support/thrown.ts';
import { privacyUtility } from '../../../simulations/experiments/privacy-utility/index.ts';
import { readSettings } from '../../../simulations/laboratory/settings.ts';
import { tiny } from './support.ts';

describe('settings of privacy-utility', () => {
  it.each([
    ['an image with two holders', { members: [6001], images: 10 }, /images: at most 9/],
    ['cohorts of almost nobody', { members: [40], cohort: 0.1 }, /cohort: 40 members/],
    ['looks beyond the last round', { evaluateEvery: 9 }, /evaluateEvery: at most the 8 rounds/],
    ['a coordinator that protects from itself', { against: 'coordinator' as const }, /against/],
    ['drops in the open', { dropout: 0.1 }, /dropout: members do not drop/],
    [
      'more drops than the noise is sized for',
      { dropout: 0.6, aggregation: 'secure' as const },
      /dropout: at most 0\.5/,
    ],
    ['the same training twice', { epsilon: [1, 1] }, /epsilon: each value only once/],
  ])('refuses %s, naming the bound', (_, given, message) => {
    expect(() => tiny(given)).toThrow(message);
    expect(codeOf(() => tiny(given))).toBe('settings-invalid');
  });

  it('refuses noise that the modulus does not hold, with one that does', () => {
    expect(codeOf(() => tiny({ modulusBits: 8, noiseMultiplier: 20 }))).toBe('privacy-infeasible');
  });

  it('takes both presets, and estimates minutes for the quick one', () => {
    const quick = readSettings(privacyUtility, { preset: 'quick' });
    expect(privacyUtility.estimate(quick)).toBeLessThan(240);
    expect(privacyUtility.estimate(readSettings(privacyUtility, { preset: 'paper' }))).toBeGreaterThan(
      privacyUtility.estimate(quick),
    );
  });
});
