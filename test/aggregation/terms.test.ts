import { describe, expect, it } from 'vitest';
import { assertDifferent } from '../../protocol/aggregation/client/difference.ts';
import type { ClientPolicy, LeastNoise } from '../../protocol/aggregation/client/types.ts';
import { termsOf } from '../../protocol/aggregation/inputs/index.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import type { RoundPrivacy, RoundSettings } from '../../protocol/wire/settings.ts';
import { virtualSettings } from '../../simulations/engine/settings.ts';
import { seeded } from '../support/lab.ts';

const PRIVACY: RoundPrivacy = {
  placement: 'distributed',
  distribution: 'skellam',
  ...{ noiseMultiplier: 1, leastSurvivors: 3, bitWidth: 0.2, sampling: 1 },
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
    { training: '{"epochs":2}' },
    { privacy: { ...PRIVACY, placement: 'central' } },
    { privacy: { ...PRIVACY, distribution: 'discrete-gaussian' } },
    { privacy: { ...PRIVACY, noiseMultiplier: 1.5 } },
    { privacy: { ...PRIVACY, leastSurvivors: 2 } },
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
    leastNoise: LeastNoise | undefined,
    round: RoundSettings = noisy,
    members: readonly number[] = [1, 2, 3, 4],
    leastDifference = 2,
  ): (() => void) => {
    const policy: ClientPolicy = {
      ...{ adversary: 'active', colluding: 0, minCohort: 3, leastDifference },
      ...(leastNoise === undefined ? {} : { leastNoise }),
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
