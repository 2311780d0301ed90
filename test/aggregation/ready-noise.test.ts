import { describe, expect, it } from 'vitest';
import { transcript } from '../../protocol/crypto/transcript.ts';
import { LABELS } from '../../protocol/crypto/suite.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { createNoiseSampler } from '../../protocol/privacy/index.ts';
import type { LocalResult } from '../../protocol/quantize/index.ts';
import { addNoise, encodeInput, noisePlanOf, readSum, type ReadingOptions } from '../../protocol/rounds/index.ts';
import type { RoundPrivacy, RoundSettings } from '../../protocol/wire/settings.ts';
import { Lab, seeded } from '../../simulations/attacks/open-round/lab.ts';
import { codeOf } from '../support/thrown.ts';

const DIMENSION = 100;
const HASH = new Uint8Array(32).fill(3);
const MEMBERS = 3;

const settingsFor = (placement: 'central' | 'distributed') => {
  const privacy: RoundPrivacy = {
    ...{ placement, distribution: 'discrete-gaussian', noiseMultiplier: 0.01, minHonestSurvivors: 2 },
    ...{ bitWidth: 0.2, sampling: 1, epsilon: 8, delta: 1e-6, spent: 0 },
  };
  const { settings } = new Lab({ seed: 'ready', n: MEMBERS });
  return { ...settings, dimension: DIMENSION, clip: 2, modulusBits: 20, maxCohort: 4, privacy } satisfies RoundSettings;
};

const result = (member: number): LocalResult => ({
  update: Float32Array.from({ length: DIMENSION }, (_, i) => Math.sin(member * i) / 10),
  ...{ examples: 10, loss: 1, accuracy: 1 },
});

/** A round in the open: its words before anything is read, and the mean that they hold. */
function runRound(settings: RoundSettings, options: ReadingOptions, rotation = options.rotation) {
  const sum = new Uint32Array(128);
  for (let member = 1; member <= MEMBERS; member++) {
    const ready = { ...options, ...(rotation === undefined ? {} : { rotation }) };
    const { values } = encodeInput(nodePrimitives, settings, HASH, result(member), seeded(`m${member}`), ready);
    values.forEach((word, i) => (sum[i] = (sum[i]! + word) % 2 ** settings.modulusBits));
  }
  const unmasked = { sum, count: MEMBERS };
  const steps = [...addNoise(settings, unmasked, seeded('coordinator'), options)];
  const mean = new Float32Array(DIMENSION);
  readSum(nodePrimitives, settings, HASH, unmasked, options).update(0, mean);
  return { sum, mean, steps };
}

const far = (a: Float32Array, b: Float32Array): number => Math.hypot(...a.map((value, i) => value - b[i]!));

describe.each(['central', 'distributed'] as const)('%s noise that was made before', (placement) => {
  const settings = settingsFor(placement);
  const plan = noisePlanOf(settings);
  const sampler = createNoiseSampler(plan.distribution, plan.shareVariance);
  const rotation = transcript(nodePrimitives, LABELS.rotation, HASH);

  it('gives the very words and the very mean that are made from the settings', () => {
    for (const fill of [false, true])
      expect(runRound(settings, { sampler, rotation, fill })).toEqual(runRound(settings, { fill }));
  });

  it('is refused where it is the noise of another plan', () => {
    const other = createNoiseSampler(plan.distribution, plan.shareVariance / 2);
    expect(codeOf(() => runRound(settings, { sampler: other }))).toBe('settings-invalid');
  });

  it('has one rotation for the members and for the sum: another one gives another mean', () => {
    const other = new Uint8Array(32).fill(7);
    const expected = new Float32Array(DIMENSION);
    for (let member = 1; member <= MEMBERS; member++)
      result(member).update.forEach((value, i) => (expected[i]! += value / MEMBERS));
    const length = Math.hypot(...expected);
    for (const rotation of [undefined, other]) {
      const options = rotation === undefined ? {} : { rotation };
      expect(far(runRound(settings, options).mean, expected)).toBeLessThan(length / 2);
    }
    expect(far(runRound(settings, {}, other).mean, expected)).toBeGreaterThan(length);
  });
});

describe('the coordinator’s noise', () => {
  it('is added in one piece where nobody waits for a turn, and in pieces of any size', () => {
    const settings = settingsFor('central');
    expect(runRound(settings, { part: Infinity }).steps).toEqual([128]);
    expect(runRound(settings, { part: 50 }).steps).toEqual([50, 100, 128]);
    // Each piece draws from a stream of its own.
    expect(runRound(settings, { part: 50 }).sum).not.toEqual(runRound(settings, {}).sum);
  });
});
