import { describe, expect, it } from 'vitest';
import { encodeInput } from '../../protocol/rounds/inputs/index.ts';
import type { LocalResult } from '../../protocol/quantize/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';
import { Lab } from '../../simulations/attacks/open-round/lab.ts';

const DIMENSION = 64;
const CLIP = 5;
const HASH = new Uint8Array(32).fill(3);

/** Settings of a round with the coordinator's noise, so that vectors have none yet. */
const settings: RoundSettings = {
  ...new Lab({ seed: 'untrained', n: 3 }).settings,
  ...{ dimension: DIMENSION, clip: CLIP, modulusBits: 20, maxCohort: 3 },
  untrained: [{ from: 16, length: 16, bound: 1 }],
  privacy: {
    ...{ placement: 'central', distribution: 'discrete-gaussian', noiseMultiplier: 1, minHonestSurvivors: 1 },
    ...{ bitWidth: 0, sampling: 1, epsilon: 8, delta: 1e-6, spent: 0 },
  },
};

/** Weights that are together as long as `length`, and moments that all move by `moved`. */
const result = (length: number, moved: number): LocalResult => ({
  update: Float32Array.from({ length: DIMENSION }, (_, i) =>
    i >= 16 && i < 32 ? moved : length / Math.sqrt(DIMENSION - 16),
  ),
  ...{ examples: 10, loss: 1, accuracy: 1 },
});

const vectorOf = (used: RoundSettings, one: LocalResult): Int32Array => {
  const { values } = encodeInput(nodePrimitives, used, HASH, one, (length) => new Uint8Array(length).fill(9));
  return Int32Array.from(values, (word) => (word << (32 - used.modulusBits)) >> (32 - used.modulusBits));
};

const norm = (vector: Int32Array): number => Math.hypot(...vector);

describe('untrained tensors in a round with noise', () => {
  it('are not sent: a vector is the same whatever they did, so that its sensitivity is that of the weights', () => {
    const still = vectorOf(settings, result(3, 0));
    for (const moved of [1e-3, 4000, -3e30]) expect(vectorOf(settings, result(3, moved))).toEqual(still);
    // Inside of the clip they would change it, and shorten the weights to nothing.
    const inside = { ...settings, untrained: [] };
    expect(vectorOf(inside, result(3, 4000))).not.toEqual(vectorOf(inside, result(3, 0)));
  });

  it('leave all of the clip to the weights, and no vector is longer than it', () => {
    const clipped = norm(vectorOf(settings, result(CLIP, 4000)));
    for (const length of [CLIP, 10 * CLIP, 1e6])
      for (const moved of [0, 4000, 1e30]) {
        const found = norm(vectorOf(settings, result(length, moved)));
        // Rounding is bounded by half a step for each of 64 coordinates, and does not depend on what is beyond the clip.
        expect(Math.abs(found / clipped - 1)).toBeLessThan(0.01);
      }
    expect(norm(vectorOf(settings, result(CLIP / 2, 4000))) / clipped).toBeCloseTo(0.5, 2);
  });
});
