import fc, { type Arbitrary } from 'fast-check';
import { SIZES } from '../../protocol/crypto/suite.ts';
import { LIMITS } from '../../protocol/wire/limits.ts';
import type { RoundPrivacy, RoundSettings } from '../../protocol/wire/settings.ts';

/** Most values are good ones: every field must be, for settings to be taken. */
const mostly = <T>(good: Arbitrary<T>, bad: Arbitrary<T>): Arbitrary<T> =>
  fc.oneof({ weight: 40, arbitrary: good }, { weight: 1, arbitrary: bad });
const whole = (min: number, max: number): Arbitrary<number> =>
  mostly(fc.integer({ min, max }), fc.integer({ min: 0, max: 0xffff_ffff }));
const share = whole(0, 999_999);
const bytes = (length: number): Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const hash = bytes(SIZES.hash);
const number = mostly(
  fc.double({ min: Number.MIN_VALUE, noDefaultInfinity: true, noNaN: true }),
  fc.oneof(fc.double(), fc.constantFrom(0, -0, -1)),
);

const part = mostly(fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs), fc.double());
/** Budgets and noise as people choose them, and beside them whatever a double can say. */
const amount = fc.oneof(fc.double({ min: 0.01, max: 100, noNaN: true }), number);

const privacy: Arbitrary<RoundPrivacy> = fc.record(
  {
    placement: fc.constantFrom('central' as const, 'distributed' as const),
    distribution: fc.constantFrom('discrete-gaussian' as const, 'skellam' as const),
    noiseMultiplier: amount,
    minHonestSurvivors: whole(1, 100),
    bitWidth: fc.oneof(fc.constant(0), part),
    sampling: fc.oneof(fc.constant(1), part),
    epsilon: amount,
    delta: fc.oneof(fc.constant(1e-5), part),
    spent: fc.oneof(fc.constant(0), amount),
  },
  { noNullPrototype: true },
);

type Plain = Omit<RoundSettings, 'privacy'>;

const plainOf = (dimension: number): Arbitrary<Plain> =>
  fc.record(
    {
      suite: fc.constantFrom(1 as const, 2 as const),
      nonce: bytes(SIZES.roundNonce),
      task: mostly(fc.string({ maxLength: 20, unit: 'grapheme' }), fc.string({ maxLength: 140, unit: 'binary' })),
      round: whole(1, 0xffff_ffff),
      repeat: whole(0, 255),
      rebases: whole(0, 255),
      adversary: fc.constantFrom('curious' as const, 'active' as const),
      graph: fc.constantFrom('complete' as const, 'ring' as const, 'auto' as const),
      colludingPpm: share,
      dropoutPpm: share,
      threshold: whole(0, LIMITS.members),
      minCohort: whole(2, 1000),
      maxCohort: whole(500, LIMITS.members),
      dimension: whole(1, dimension),
      modelHash: hash,
      directoryHash: hash,
      modulusBits: whole(8, 32),
      inputBits: whole(2, 31),
      clip: number,
      maxExamples: whole(1, 0x8000_0000),
      lossBound: number,
      untrained: fc.array(fc.record({ from: whole(0, 20), length: whole(1, 20), bound: number }), { maxLength: 3 }),
      measures: fc.boolean(),
      training: fc.string({ maxLength: 60 }),
    },
    { noNullPrototype: true },
  );

/**
 * Settings as a type lets them be, good and bad: whatever their fields can hold.
 * @param most the greatest dimension of most of them
 */
export const settingsArbitrary = (most: { readonly dimension: number }): Arbitrary<RoundSettings> =>
  fc
    .tuple(plainOf(most.dimension), fc.option(privacy, { nil: undefined }))
    .map(([plain, noise]) => (noise === undefined ? plain : { ...plain, privacy: noise }));
