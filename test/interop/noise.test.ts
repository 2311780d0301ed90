import { describe, expect, it } from 'vitest';
import { encodeInput, noisePlanOf, readSum } from '../../protocol/rounds/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import type { RoundPrivacy, RoundSettings } from '../../protocol/wire/settings.ts';
import { NO_HASH } from '../../protocol/wire/settings.ts';
import { seeded } from '../privacy/support.ts';
import { stream, T } from './second-implementation.ts';

/** Section 7.6, written from the document alone. */
function plan(settings: RoundSettings, privacy: RoundPrivacy): { length: number; s: number; sensitivity: number } {
  const { dimension, maxCohort: n, modulusBits: b } = settings;
  const { placement, noiseMultiplier: z, minHonestSurvivors: m, bitWidth: w, distribution } = privacy;
  const length = 2 ** Math.ceil(Math.log2(dimension + (w > 0 ? 1 : 0)));
  const N = Math.sqrt(1 + w ** 2 / 4);
  const B = (x: number): number =>
    Math.min(x + Math.sqrt(length), Math.sqrt(x ** 2 + length / 4 + x + Math.sqrt(length) / 2));
  const distributed = placement === 'distributed';
  const share = (s: number): number => Math.max(2 ** -10, (z * B(N * s)) ** 2 / (distributed ? m : 1));
  const sum = (s: number): number => (N * s * n) ** 2 / length + share(s) * (distributed ? n : 1) + n / 4;
  let [low, high] = [0, (2 ** b * Math.sqrt(length)) / (4 * N * n)];
  for (let i = 0; i < 64; i++) {
    const middle = (low + high) / 2;
    const fits =
      8 * Math.sqrt(sum(middle)) <= 2 ** b && share(middle) <= (distribution === 'skellam' ? 2 ** 24 : 2 ** 50);
    if (fits) low = middle;
    else high = middle;
  }
  return { length, s: low, sensitivity: B(N * low) };
}

function signsOf(settingsHash: Uint8Array, length: number): number[] {
  const words = stream(T('rotation', settingsHash), 12, Math.ceil(length / 32));
  return Array.from({ length }, (_, i) => ((words[i >> 5]! >> (i & 31)) & 1 ? -1 : 1));
}

/** H·v / √ℓ by its definition. */
const hadamard = (v: readonly number[]): number[] =>
  v.map((_, i) => {
    const row = v.map((x, j) => (((i & j).toString(2).split('1').length - 1) % 2 === 0 ? x : -x));
    return row.reduce((sum, x) => sum + x, 0) / Math.sqrt(v.length);
  });

const settingsHash = new Uint8Array(32).map((_, i) => 7 * i);

function settingsOf(privacy: Partial<RoundPrivacy>): RoundSettings & { readonly privacy: RoundPrivacy } {
  return {
    ...{
      suite: 1,
      nonce: new Uint8Array(16),
      task: 'a',
      round: 1,
      repeat: 0,
      rebases: 0,
      adversary: 'curious',
      graph: 'complete',
    },
    ...{ colludingPpm: 0, dropoutPpm: 0, threshold: 0, minCohort: 3, maxCohort: 5, dimension: 50 },
    ...{ modelHash: NO_HASH, directoryHash: NO_HASH, modulusBits: 24, inputBits: 16, clip: 0.25 },
    ...{ maxExamples: 1, lossBound: 1, training: '' },
    privacy: {
      ...{ placement: 'distributed', distribution: 'discrete-gaussian', noiseMultiplier: 0.5, minHonestSurvivors: 3 },
      ...{ bitWidth: 0, sampling: 1, epsilon: 1, delta: 0.1, spent: 0 },
      ...privacy,
    },
  };
}

describe.each([
  {},
  { bitWidth: 0.3 },
  { placement: 'central', minHonestSurvivors: 1, noiseMultiplier: 2 },
  { distribution: 'skellam', noiseMultiplier: 3, minHonestSurvivors: 5 },
] as const)('noise by the document, %j', (change) => {
  const settings = settingsOf(change);
  const { privacy, clip, modulusBits } = settings;
  const own = plan(settings, privacy);

  it('has the same grid', () => {
    const { length, scale, sensitivity } = noisePlanOf(settings);
    expect(length).toBe(own.length);
    expect(scale / own.s).toBeCloseTo(1, 12);
    expect(sensitivity / own.sensitivity).toBeCloseTo(1, 12);
  });

  it('is encoded and read back by the same words', () => {
    // Next to no noise, so that what is left beside the update is rounding.
    const quiet = settingsOf({ ...change, placement: 'distributed', minHonestSurvivors: 1, noiseMultiplier: 1e-9 });
    const { length, s } = plan(quiet, quiet.privacy);
    const update = Float32Array.from({ length: 50 }, (_, i) => Math.sin(i) / 10);
    const result = { update, examples: 1, loss: 0, accuracy: 0 };
    const { values } = encodeInput(nodePrimitives, quiet, settingsHash, result, seeded(5));
    const norm = Math.sqrt(update.reduce((sum, x) => sum + x * x, 0)) / clip;
    const wanted = Array.from({ length }, (_, i) => (i < 50 ? update[i]! / clip / Math.max(1, norm) : 0));
    if (privacy.bitWidth > 0) wanted[50] = ((norm > 1 ? -1 : 1) * privacy.bitWidth) / 2;
    const signs = signsOf(settingsHash, length);
    const rotated = hadamard(wanted.map((x, i) => x * signs[i]!));
    rotated.forEach((x, i) => {
      const word = (values[i]! << (32 - modulusBits)) >> (32 - modulusBits);
      // One for rounding, and a noise of variance 2^−10 that is hardly ever more than one.
      expect(Math.abs(word - x * s)).toBeLessThan(3.01);
    });

    const opened = readSum(nodePrimitives, quiet, settingsHash, { sum: values.slice(), count: 1 });
    const mean = new Float32Array(50);
    opened.update(0, mean);
    const words = Array.from(values, (word) => ((word << (32 - modulusBits)) >> (32 - modulusBits)) / s);
    const back = hadamard(words).map((x, i) => x * signs[i]!);
    mean.forEach((value, i) => expect(value).toBeCloseTo(back[i]! * clip, 5));
    if (privacy.bitWidth > 0) expect(opened.unclipped).toBeCloseTo(0.5 + back[50]! / privacy.bitWidth, 4);
  });
});
