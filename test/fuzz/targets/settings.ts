import fc, { type Arbitrary } from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { SIZES } from '../../../protocol/crypto/suite.ts';
import type { CairnError } from '../../../protocol/errors.ts';
import { LIMITS } from '../../../protocol/wire/limits.ts';
import { decodeSettings, encodeSettings, type RoundSettings } from '../../../protocol/wire/settings.ts';
import { must, refusalCode } from '../outcome.ts';
import type { Target } from '../target.ts';

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

/** Settings as a type lets them be, good and bad: whatever its fields can hold. */
const settings: Arbitrary<RoundSettings> = fc.record(
  {
    suite: fc.constantFrom(1 as const, 2 as const),
    nonce: bytes(SIZES.roundNonce),
    task: mostly(fc.string({ maxLength: 20, unit: 'grapheme' }), fc.string({ maxLength: 140, unit: 'binary' })),
    round: whole(1, 0xffff_ffff),
    adversary: fc.constantFrom('curious' as const, 'active' as const),
    graph: fc.constantFrom('complete' as const, 'ring' as const, 'auto' as const),
    colludingPpm: share,
    dropoutPpm: share,
    threshold: whole(0, LIMITS.members),
    minCohort: whole(2, 1000),
    maxCohort: whole(500, LIMITS.members),
    dimension: whole(1, LIMITS.coordinates),
    modelHash: hash,
    directoryHash: hash,
    modulusBits: whole(8, 32),
    inputBits: whole(2, 31),
    clip: number,
    maxExamples: whole(1, 0x8000_0000),
    lossBound: number,
    training: fc.string({ maxLength: 60 }),
  },
  { noNullPrototype: true },
);

/** What can be written is read as what was written, or is refused by name; so is what cannot be written. */
function check(given: RoundSettings): void {
  let read: RoundSettings;
  try {
    read = decodeSettings(encodeSettings(given));
  } catch (thrown) {
    const code = refusalCode(thrown);
    must(code.startsWith('wire-'), () => `${code}: ${(thrown as CairnError).message}`);
    return;
  }
  must(isDeepStrictEqual(read, given), 'the settings that were read are not those that were written');
}

/** Settings by their fields: the encoder's bounds are the decoder's. */
export const settingsTarget: Target = {
  name: 'settings-fields',
  share: 1,
  make: () => ({ property: fc.property(settings, check) }),
};
