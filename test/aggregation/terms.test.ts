import { describe, expect, it } from 'vitest';
import { assertDifferent } from '../../protocol/rounds/consent/difference.ts';
import type { ClientPolicy } from '../../protocol/schemes/secagg/client/types.ts';
import type { MinNoise } from '../../protocol/rounds/policy.ts';
import { termsOf } from '../../protocol/rounds/inputs/index.ts';
import { encodeUpdate, openSum } from '../../protocol/quantize/index.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import type { RoundPrivacy, RoundSettings } from '../../protocol/wire/settings.ts';
import { virtualSettings } from '../../simulations/engine/virtual-task.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { seeded } from '../../simulations/attacks/open-round/lab.ts';

const PRIVACY: RoundPrivacy = {
  placement: 'distributed',
  distribution: 'skellam',
  ...{ noiseMultiplier: 1, minHonestSurvivors: 3, bitWidth: 0.2, sampling: 1 },
  ...{ epsilon: 5, delta: 1e-5, spent: 0 },
};

const plain = virtualSettings(seeded('terms'), { dimension: 1, clip: 1, training: '{"epochs":1}' });
const noisy: RoundSettings = { ...plain, privacy: PRIVACY };
const terms = (settings: RoundSettings): string => toHex(termsOf(nodePrimitives, settings));

describe('the terms of a round', () => {
  it.each<Partial<RoundSettings>>([
    { clip: 1 + Number.EPSILON },
    { maxExamples: plain.maxExamples + 1 },
    { lossBound: plain.lossBound / 2 },
    { inputBits: plain.inputBits - 1 },
    { untrained: [{ from: 0, length: 1, bound: 1 }] },
    { training: '{"epochs":2}' },
    { privacy: { ...PRIVACY, placement: 'central' } },
    { privacy: { ...PRIVACY, distribution: 'discrete-gaussian' } },
    { privacy: { ...PRIVACY, noiseMultiplier: 1.5 } },
    { privacy: { ...PRIVACY, minHonestSurvivors: 2 } },
    { privacy: { ...PRIVACY, bitWidth: 0 } },
    { maxCohort: noisy.maxCohort + 1 },
    { modulusBits: noisy.modulusBits - 1 },
  ])('are others with %o', (change) => {
    expect(terms({ ...noisy, ...change })).not.toBe(terms(noisy));
  });

  it('are the same in every attempt at it, whatever has been spent, and by any primitives', () => {
    const again = { ...noisy, nonce: new Uint8Array(16).fill(7), privacy: { ...PRIVACY, spent: 2, epsilon: 6 } };
    expect(terms(again)).toBe(terms(noisy));
    expect(toHex(termsOf(portablePrimitives, noisy))).toBe(terms(noisy));
    expect(terms({ ...plain, maxCohort: 7, modulusBits: 20 })).toBe(terms(plain));
    expect(terms(plain)).not.toBe(terms(noisy));
  });
});

describe('under a policy that asks for a difference, a sum that differs in one member from one that was signed', () => {
  const opened = [{ terms: terms(noisy), members: [1, 2, 3, 4, 5] }];
  const held = (
    minNoise: MinNoise | undefined,
    round: RoundSettings = noisy,
    members: readonly number[] = [1, 2, 3, 4],
    minCohortDifference = 2,
  ): (() => void) => {
    const policy: ClientPolicy = {
      ...{ adversary: 'active', colluding: 0, minCohort: 3, minCohortDifference },
      ...(minNoise === undefined ? {} : { minNoise }),
    };
    const history = { roundsWithinDay: 0, rebasesWithinDay: 0, opened, record: undefined };
    return () => assertDifferent({ primitives: nodePrimitives, settings: round, policy, history }, members);
  };
  const similar = expect.objectContaining({ code: 'cohort-too-similar' }) as Error;

  it('is refused, whatever noise the coordinator says it has', () => {
    expect(held(undefined)).toThrow(similar);
  });

  it('is taken where as many differ as are asked for', () => {
    expect(held(undefined, noisy, [1, 2, 3, 4, 6])).not.toThrow();
    expect(held(undefined, noisy, [1, 2, 3, 4, 6], 3)).toThrow(similar);
    expect(held(undefined, noisy, [1, 2, 3, 4], 1)).not.toThrow();
  });

  it('is taken where the client has said how much of its members’ noise is enough, and it has that', () => {
    expect(held({ multiplier: 0.5 })).not.toThrow();
    expect(held({ placement: 'central', multiplier: 0.5 })).toThrow(similar);
    expect(held({ multiplier: 0.5 }, { ...noisy, privacy: { ...PRIVACY, placement: 'central' } })).toThrow(similar);
    expect(held({ multiplier: 0.5 }, plain)).toThrow(similar);
  });

  it('may not have the same members on other terms without noise', () => {
    const members = [1, 2, 3, 4, 5];
    expect(held(undefined, plain, members)).toThrow(similar);
    expect(held(undefined, { ...noisy, clip: 2 }, members)).not.toThrow();
    expect(held(undefined, plain, members, 0)).not.toThrow();
  });
});

describe('scales that follow the data from model to model', () => {
  const wide = virtualSettings(seeded('scales'), {
    ...{ dimension: 3, clip: 1, training: '', maxExamples: 1024, lossBound: 16 },
    untrained: [{ from: 2, length: 1, bound: 4 }],
  });
  const others: readonly Partial<RoundSettings>[] = [
    { maxExamples: 512 },
    { lossBound: 4 },
    { untrained: [{ from: 2, length: 1, bound: 1 }] },
  ];

  it('are terms to everybody, whether they cut anything or not', () => {
    for (const scale of others) expect(terms({ ...wide, ...scale })).not.toBe(terms(wide));
  });

  it('would read a member’s update off two sums if they cut that member alone, so all members refuse the second', () => {
    const members = [1, 2, 3];
    const examples = [800, 100, 200];
    const updates = [
      [0.3, -0.4, 0],
      [0.1, 0.1, 0],
      [-0.2, 0, 0],
    ];
    const narrow = { ...wide, maxExamples: 256 };
    const cuts = (settings: RoundSettings): boolean[] =>
      examples.map((count, i) => encode(settings, i, count).cut.length > 0);
    const encode = (settings: RoundSettings, i: number, count: number): ReturnType<typeof encodeUpdate> =>
      encodeUpdate(
        settings,
        { update: Float32Array.from(updates[i]!), examples: count, loss: 1, accuracy: 1 },
        systemRandom,
      );
    const weighed = (settings: RoundSettings): number[] => {
      const sum = new Uint32Array(encode(settings, 0, 1).values.length);
      examples.forEach((count, i) =>
        encode(settings, i, count).values.forEach((word, j) => (sum[j] = (sum[j]! + word) % 2 ** settings.modulusBits)),
      );
      const opened = openSum(settings, sum, 3);
      const update = new Float32Array(3);
      opened.update(0, update);
      return [...update].map((value) => value * opened.examples);
    };
    expect(cuts(wide)).toEqual([false, false, false]);
    expect(cuts(narrow)).toEqual([true, false, false]);
    // What the coordinator would do: 800 − 256 examples of one member's update are in one sum and not in the other.
    const [all, few] = [weighed(wide), weighed(narrow)];
    const read = all.map((value, j) => (value - few[j]!) / (800 - 256));
    read.forEach((value, j) => expect(Math.abs(value - updates[0]![j]!)).toBeLessThan(0.001));

    const policy: ClientPolicy = { adversary: 'active', colluding: 0, minCohort: 3, minCohortDifference: 2 };
    const opened = [{ terms: terms(wide), members }];
    const history = { roundsWithinDay: 0, rebasesWithinDay: 0, opened, record: undefined };
    const asked = (settings: RoundSettings) => () => {
      assertDifferent({ primitives: nodePrimitives, settings, policy, history }, members);
    };
    // Members that nothing cuts could sign without the one that it does, whose input is in the sum by then.
    expect(asked(narrow)).toThrow(expect.objectContaining({ code: 'cohort-too-similar' }) as Error);
    expect(asked(wide)).not.toThrow();
  });
});
