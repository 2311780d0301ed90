import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proofLength } from '../../protocol/crypto/merkle.ts';
import { SIZES } from '../../protocol/crypto/suite.ts';
import { ERROR_CODES, type ErrorCode } from '../../protocol/errors.ts';
import { clientIndex, memberId } from '../../protocol/ids.ts';
import * as wire from '../../protocol/wire/index.ts';
import * as messages from '../../protocol/schemes/secagg/messages/index.ts';

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const u32 = fc.nat(0xffff_ffff);
const member = u32.map(memberId);
/** Text of any characters that fits a field; `grapheme` makes no half surrogates, which UTF-8 cannot hold. */
const text = (most: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'grapheme', maxLength: most }).filter((value) => new TextEncoder().encode(value).length <= most);
const header = { suite: fc.constantFrom(1 as const, 2 as const), context: bytes(SIZES.hash) };
const hash = bytes(SIZES.hash);
const scale = fc.double({ min: 2 ** -64, max: 2 ** 64, noNaN: true });
const signature = bytes(SIZES.signature);
const advertisement = fc.record({
  member,
  cipherKey: bytes(SIZES.key),
  maskKey: bytes(SIZES.key),
  signature: fc.option(signature, { nil: undefined }),
});
const bitmap = (n: number): fc.Arbitrary<Uint8Array> =>
  fc.subarray([...Array(n).keys()]).map((on) => wire.bitmapOf(n, on));

const positive = fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true });
const privacy = fc.record({
  placement: fc.constantFrom('central' as const, 'distributed' as const),
  distribution: fc.constantFrom('discrete-gaussian' as const, 'skellam' as const),
  noiseMultiplier: positive,
  minHonestSurvivors: fc.integer({ min: 1, max: 1 << 20 }),
  bitWidth: fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs),
  sampling: fc.double({ min: Number.MIN_VALUE, max: 1, noNaN: true }),
  epsilon: positive,
  delta: fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true }),
  spent: fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }).map(Math.abs),
});

function tripping<T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => unknown,
): void {
  it(`${name} is read as it was written`, () => {
    fc.assert(
      fc.property(arbitrary, (value) => {
        expect(decode(encode(value))).toEqual(value);
      }),
      { numRuns: 60 },
    );
  });
}

describe('round trip', () => {
  tripping(
    'settings',
    fc
      .record({
        suite: header.suite,
        nonce: bytes(SIZES.roundNonce),
        task: text(128),
        round: fc.integer({ min: 1, max: 0xffff_ffff }),
        repeat: fc.integer({ min: 0, max: 255 }),
        rebases: fc.integer({ min: 0, max: 255 }),
        adversary: fc.constantFrom('curious' as const, 'active' as const),
        graph: fc.constantFrom('complete' as const, 'ring' as const, 'auto' as const),
        colludingPpm: fc.nat(999_999),
        dropoutPpm: fc.nat(999_999),
        threshold: fc.nat(1 << 20),
        minCohort: fc.integer({ min: 2, max: 1 << 20 }),
        maxCohort: fc.integer({ min: 2, max: 1 << 20 }),
        dimension: fc.integer({ min: 1, max: 1 << 28 }),
        modelHash: hash,
        directoryHash: hash,
        modulusBits: fc.integer({ min: 8, max: 32 }),
        inputBits: fc.integer({ min: 2, max: 31 }),
        clip: scale,
        maxExamples: fc.integer({ min: 1, max: 0x8000_0000 }),
        lossBound: scale,
        gaps: fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 9 }), scale), { maxLength: 4 }),
        measures: fc.boolean(),
        training: text(300),
        privacy: fc.option(privacy, { nil: undefined }),
      })
      .filter(({ minCohort, maxCohort }) => minCohort <= maxCohort)
      .map(({ privacy, gaps, measures, ...plain }) => {
        const untrained: wire.UntrainedRange[] = [];
        let end = 0;
        for (const [gap, length, bound] of gaps) {
          const from = end + gap;
          end = from + length;
          if (end <= plain.dimension) untrained.push({ from, length, bound });
        }
        return {
          ...plain,
          ...(untrained.length === 0 ? {} : { untrained }),
          ...(measures && privacy === undefined ? { measures: true as const } : {}),
          ...(privacy === undefined ? {} : { privacy }),
        };
      }),
    wire.encodeSettings,
    wire.decodeSettings,
  );
  tripping(
    'an invitation',
    fc.record({ ...header, settings: fc.uint8Array({ maxLength: 400 }) }),
    wire.encodeInvitation,
    wire.decodeInvitation,
  );
  tripping(
    'advertised keys',
    fc.record({ ...header, advertisement }),
    messages.encodeAdvertiseKeys,
    messages.decodeAdvertiseKeys,
  );
  tripping(
    'a full roster',
    fc.array(advertisement, { minLength: 1, maxLength: 6 }).chain((advertisements) =>
      fc.record({
        ...header,
        size: fc.constant(advertisements.length),
        ownIndex: fc.nat(advertisements.length - 1).map(clientIndex),
        body: fc.constant({ kind: 'full' as const, advertisements }),
      }),
    ),
    messages.encodeRoster,
    messages.decodeRoster,
  );
  tripping(
    'a proven roster',
    fc.integer({ min: 4, max: 300 }).chain((size) => {
      const index = fc.nat(size - 1).map(clientIndex);
      const proven = fc.record({ index, advertisement, proof: fc.array(hash, { maxLength: 21 }) });
      const members = fc.array(proven, { minLength: 1, maxLength: 4 });
      const ids = fc.array(u32, { minLength: size, maxLength: size });
      const body = fc.record({ kind: fc.constant('proven' as const), ids, root: hash, members });
      return fc.record({ ...header, size: fc.constant(size), ownIndex: index, body });
    }),
    messages.encodeRoster,
    messages.decodeRoster,
  );
  tripping(
    'sealed shares',
    fc.integer({ min: 1, max: 9 }).chain((count) =>
      fc.record({
        ...{ ...header, commitment: hash, signature: fc.option(signature, { nil: undefined }) },
        ...{ count: fc.constant(count), sealed: bytes(84 * count) },
      }),
    ),
    messages.encodeShareKeys,
    messages.decodeShareKeys,
  );
  tripping(
    'routed shares',
    fc.integer({ min: 1, max: 40 }).chain((neighbours) =>
      bitmap(neighbours).chain((present) =>
        fc.record({
          ...header,
          neighbours: fc.constant(neighbours),
          present: fc.constant(present),
          sealed: bytes(84 * wire.setBits(present).length),
        }),
      ),
    ),
    messages.encodeRoutedShares,
    messages.decodeRoutedShares,
  );
  tripping(
    'a masked input',
    fc
      .record({ length: fc.integer({ min: 1, max: 30 }), bits: fc.integer({ min: 8, max: 32 }) })
      .chain(({ length, bits }) =>
        fc.record({
          ...header,
          length: fc.constant(length),
          bits: fc.constant(bits),
          packed: bytes(Math.ceil((length * bits) / 8)).map((packed) => {
            const used = (length * bits) % 8;
            if (used > 0) packed[packed.length - 1]! &= 2 ** used - 1;
            return packed;
          }),
        }),
      ),
    messages.encodeMaskedInput,
    messages.decodeMaskedInput,
  );
  tripping(
    'survivors',
    fc
      .integer({ min: 1, max: 70 })
      .chain((size) => fc.record({ ...header, size: fc.constant(size), survivors: bitmap(size) })),
    messages.encodeSurvivors,
    messages.decodeSurvivors,
  );
  tripping(
    'a signature of survivors',
    fc.record({ ...header, signature }),
    messages.encodeConsistency,
    messages.decodeConsistency,
  );
  tripping(
    'a request for shares',
    fc.integer({ min: 1, max: 40 }).chain((size) => {
      const committee = fc.integer({ min: 0, max: size }).chain((witnesses) =>
        fc.subarray([...Array(witnesses).keys()]).chain((places) =>
          fc.record({
            witnesses: fc.constant(witnesses),
            signers: fc.constant(wire.bitmapOf(witnesses, places)),
            signatures: fc.array(signature, { minLength: places.length, maxLength: places.length }),
          }),
        ),
      );
      return committee.chain((signed) =>
        fc
          .record({ ...header, size: fc.constant(size), survivors: bitmap(size) })
          .map((request) => ({ ...request, ...signed })),
      );
    }),
    messages.encodeUnmaskRequest,
    messages.decodeUnmaskRequest,
  );
  tripping(
    'revealed shares',
    fc.integer({ min: 1, max: 9 }).chain((count) =>
      fc.record({
        ...{ ...header, count: fc.constant(count), shares: bytes(34 * count) },
        signature: fc.option(signature, { nil: undefined }),
      }),
    ),
    messages.encodeUnmaskShares,
    messages.decodeUnmaskShares,
  );
  tripping(
    'an outcome',
    fc.oneof(
      fc.record({ ...header, kind: fc.constant('committed' as const), included: fc.boolean(), modelHash: hash }),
      fc.record({ ...header, kind: fc.constant('abandoned' as const), code: text(64), message: text(512) }),
    ),
    wire.encodeOutcome,
    wire.decodeOutcome,
  );
  tripping(
    'an abort',
    fc.record({
      ...header,
      code: fc.constantFrom(...(Object.keys(ERROR_CODES) as ErrorCode[])),
      message: text(512),
      culprits: fc.uniqueArray(member, { maxLength: 8 }).map((ids) => ids.sort((a, b) => a - b)),
    }),
    (abort) => wire.encodeAbort(abort, abort, abort.culprits),
    wire.decodeAbort,
  );
  const signedShare = (holder: number): fc.Arbitrary<messages.SignedShare> =>
    fc
      .integer({ min: 1, max: 40 })
      .chain((revealed) => fc.record({ revealed: fc.constant(revealed), place: fc.nat(revealed - 1) }))
      .chain(({ revealed, place }) => {
        const siblings = proofLength(revealed, place);
        return fc.record({
          ...{ holder: fc.constant(clientIndex(holder)), share: bytes(34) },
          ...{ revealed: fc.constant(revealed), place: fc.constant(place), signature },
          proof: fc.array(hash, { minLength: siblings, maxLength: siblings }),
        });
      });
  tripping(
    'a proof of a false dealing',
    fc.record({
      ...header,
      dealt: fc.record({
        ...{ sessionId: hash, owner: fc.nat((1 << 20) - 1).map(clientIndex) },
        secret: fc.oneof(
          fc.record({ kind: fc.constant('self-seed' as const), commitment: hash, signature }),
          fc.record({
            kind: fc.constant('mask-key' as const),
            advertisement,
            proof: fc.array(hash, { maxLength: 21 }),
          }),
        ),
        shares: fc
          .uniqueArray(fc.nat((1 << 20) - 1), { minLength: 1, maxLength: 5 })
          .chain((holders) => fc.tuple(...holders.sort((a, b) => a - b).map(signedShare))),
      }),
    }),
    messages.encodeFalseDealing,
    messages.decodeFalseDealing,
  );
  tripping('a challenge', fc.record(header), wire.encodeChallenge, wire.decodeChallenge);
  tripping(
    'a hello',
    fc.record({
      ...header,
      who: fc.oneof(
        fc.record({ kind: fc.constant('member' as const), member, address: text(512), signature }),
        fc.record({ kind: fc.constant('guest' as const), name: text(128), token: fc.uint8Array({ maxLength: 16 }) }),
      ),
      tasks: fc.array(text(128), { maxLength: 64 }),
    }),
    wire.encodeHello,
    wire.decodeHello,
  );
  tripping(
    'a welcome',
    fc.record({ ...header, member: member, token: fc.uint8Array({ maxLength: 16 }) }),
    wire.encodeWelcome,
    wire.decodeWelcome,
  );
  tripping(
    'news of a task',
    fc
      .record({
        ...header,
        task: text(128).filter((name) => name !== ''),
        ...{ round: u32, rounds: u32, seated: u32, needed: u32, modelHash: hash },
        ending: fc.oneof(
          fc.record({
            state: fc.constantFrom(...wire.NEWS_STATES.filter((state) => state !== 'failed')),
            ...{ code: fc.constant(''), message: fc.constant('') },
          }),
          fc.record({
            state: fc.constant('failed' as const),
            code: text(64).filter((code) => code !== ''),
            message: text(512),
          }),
        ),
      })
      .map(({ ending, ...news }) => ({ ...news, ...ending })),
    wire.encodeTaskNews,
    wire.decodeTaskNews,
  );
});

describe('numbers', () => {
  const settings = {
    suite: 1,
    nonce: new Uint8Array(16),
    task: 't',
    round: 1,
    repeat: 0,
    rebases: 0,
    adversary: 'curious',
    graph: 'complete',
    colludingPpm: 0,
    dropoutPpm: 0,
    threshold: 0,
    minCohort: 2,
    maxCohort: 2,
    dimension: 1,
    modelHash: new Uint8Array(32),
    directoryHash: new Uint8Array(32),
    modulusBits: 8,
    inputBits: 2,
    clip: 1,
    maxExamples: 1,
    lossBound: 1,
    training: '',
  } as const satisfies wire.RoundSettings;

  it.each([
    ['a negative one', { round: -1 }],
    ['one beyond its field', { round: 2 ** 32 }],
    ['a fraction', { dimension: 1.5 }],
    ['NaN', { clip: Number.NaN }],
    ['an infinite one', { lossBound: Number.POSITIVE_INFINITY }],
    ['a nonce that is too short', { nonce: new Uint8Array(15) }],
    ['text beyond its length field', { training: 'x'.repeat(65_536) }],
  ] as const)('%s is refused when it is written, never cut', (_, wrong) => {
    expect(() => wire.encodeSettings({ ...settings, ...wrong })).toThrow(
      expect.objectContaining({ code: 'wire-bounds' }) as Error,
    );
  });

  it.each([
    ['minCohort above maxCohort', { minCohort: 3 }],
    ['a round 0', { round: 0 }],
    ['more than 2^31 examples', { maxExamples: 2 ** 31 + 1 }],
    ['a cohort of one', { minCohort: 1 }],
    ['no coordinates', { dimension: 0 }],
    ['more than 2^28 coordinates', { dimension: 2 ** 28 + 1 }],
    ['a modulus of 7 bits', { modulusBits: 7 }],
    ['a modulus of 33 bits', { modulusBits: 33 }],
    ['inputs of 32 bits', { inputBits: 32 }],
    ['a clip of 0', { clip: 0 }],
    ['a subnormal clip', { clip: 22 * Number.MIN_VALUE }],
    ['a clip below 2^-64', { clip: 2 ** -65 }],
    ['a clip above 2^64', { clip: 2 ** 65 }],
    ['a subnormal loss bound', { lossBound: Number.MIN_VALUE }],
    ['a negative loss bound', { lossBound: -1 }],
    ['an untrained tensor beyond the model', { untrained: [{ from: 0, length: 2, bound: 1 }] }],
    ['an untrained tensor of nothing', { untrained: [{ from: 0, length: 0, bound: 1 }] }],
    [
      'untrained tensors across each other',
      {
        dimension: 9,
        untrained: [
          { from: 4, length: 2, bound: 1 },
          { from: 3, length: 1, bound: 1 },
        ],
      },
    ],
    ['an untrained tensor without a bound', { untrained: [{ from: 0, length: 1, bound: 0 }] }],
    ['a whole million parts per million', { colludingPpm: 1_000_000 }],
    ['a task name beyond 128 bytes', { task: 'x'.repeat(129) }],
    ['training options beyond 16 KiB', { training: 'x'.repeat(16_385) }],
  ] as const)('settings with %s are refused when they are read', (_, wrong) => {
    const encoded = wire.encodeSettings({ ...settings, ...wrong });
    expect(() => wire.decodeSettings(encoded)).toThrow(expect.objectContaining({ code: 'wire-bounds' }) as Error);
  });
});

describe('a value in another than its one encoding is refused:', () => {
  const head = { suite: 1, context: new Uint8Array(32) } as const;
  const refusal = expect.objectContaining({ code: 'wire-not-canonical' }) as Error;

  it('signers beyond the last witness', () => {
    const one = new Uint8Array(64).fill(1);
    const request = (signers: number): Uint8Array =>
      messages.encodeUnmaskRequest({
        ...head,
        size: 8,
        survivors: Uint8Array.of(0xff),
        witnesses: 5,
        signers: Uint8Array.of(signers),
        signatures: [one, one],
      });
    expect(messages.decodeUnmaskRequest(request(0x18)).signatures).toHaveLength(2);
    expect(() => messages.decodeUnmaskRequest(request(0x21))).toThrow(refusal);
  });

  it('one holder twice, or holders out of order, so that no share counts twice', () => {
    const share = (holder: number): messages.SignedShare => ({
      ...{ holder: clientIndex(holder), share: new Uint8Array(34), revealed: 1, place: 0, proof: [] },
      signature: new Uint8Array(64),
    });
    const secret = { kind: 'self-seed', commitment: new Uint8Array(32), signature: new Uint8Array(64) } as const;
    const proof = (...holders: number[]): Uint8Array =>
      messages.encodeFalseDealing({
        ...head,
        dealt: { sessionId: new Uint8Array(32), owner: clientIndex(0), secret, shares: holders.map(share) },
      });
    expect(messages.decodeFalseDealing(proof(2, 3)).dealt.shares).toHaveLength(2);
    expect(() => messages.decodeFalseDealing(proof(2, 2))).toThrow(refusal);
    expect(() => messages.decodeFalseDealing(proof(3, 2))).toThrow(refusal);
    expect(() => messages.decodeFalseDealing(proof())).toThrow(
      expect.objectContaining({ code: 'wire-bounds' }) as Error,
    );
  });

  it('a reason of a task that has not failed, and a failure without one', () => {
    const news = (state: wire.NewsState, code: string, message: string): Uint8Array => {
      const counts = { round: 1, rounds: 2, seated: 3, needed: 4 };
      return wire.encodeTaskNews({ ...head, task: 't', state, ...counts, modelHash: head.context, code, message });
    };
    expect(wire.decodeTaskNews(news('failed', 'rebases-spent', ''))).toMatchObject({ state: 'failed' });
    expect(() => wire.decodeTaskNews(news('failed', '', ''))).toThrow(refusal);
    expect(() => wire.decodeTaskNews(news('failed', '', 'why'))).toThrow(refusal);
    for (const state of wire.NEWS_STATES.filter((one) => one !== 'failed')) {
      expect(wire.decodeTaskNews(news(state, '', '')).state).toBe(state);
      expect(() => wire.decodeTaskNews(news(state, 'rebases-spent', ''))).toThrow(refusal);
      expect(() => wire.decodeTaskNews(news(state, '', 'why'))).toThrow(refusal);
    }
  });

  it('bits set behind the last coordinate of a masked input', () => {
    const input = (last: number): Uint8Array =>
      messages.encodeMaskedInput({ ...head, length: 3, bits: 9, packed: Uint8Array.of(1, 2, 3, last) });
    expect(messages.decodeMaskedInput(input(0x07)).packed[3]).toBe(7);
    for (let bit = 3; bit < 8; bit++) expect(() => messages.decodeMaskedInput(input(1 << bit))).toThrow(refusal);
  });

  it('bits set behind the last member of a set', () => {
    for (let bit = 4; bit < 8; bit++) {
      const survivors = Uint8Array.of(0xff, 1 << bit);
      expect(() => messages.decodeSurvivors(messages.encodeSurvivors({ ...head, size: 12, survivors }))).toThrow(
        refusal,
      );
    }
  });

  it('a negative zero, a flag that is neither 0 nor 1, text that is not UTF-8', () => {
    const reader = (...bytes: number[]): wire.ByteReader => new wire.ByteReader(Uint8Array.from(bytes), 'test');
    expect(() => reader(0, 0, 0, 0, 0, 0, 0, 0x80).f64('x')).toThrow(refusal);
    expect(() => reader(2).flag('x')).toThrow(refusal);
    expect(() => reader(2, 0, 0xc0, 0x80).text('x', 8)).toThrow(refusal);
    expect(reader(3, 0, 0xef, 0xbb, 0xbf).text('x', 8)).toBe('\ufeff');
  });
});
