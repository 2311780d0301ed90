import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { CairnError } from '../../protocol/errors.ts';
import { ChaChaStream } from '../../protocol/crypto/chacha.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import type { RandomSource } from '../../protocol/crypto/random.ts';
import {
  assertBudget,
  decodeSum,
  encodeUpdate,
  minModulusBits,
  peakCoordinates,
  vectorLength,
} from '../../protocol/quantize/index.ts';
import { METRIC_COORDINATES } from '../../protocol/quantize/scheme.ts';
import type { LocalResult, QuantizationScheme } from '../../protocol/quantize/index.ts';

/** The CairnError that `act` throws; fails where it throws none. */
function errorOf(act: () => unknown): CairnError {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof CairnError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

const scheme: QuantizationScheme = {
  dimension: 4,
  clip: 2,
  inputBits: 16,
  modulusBits: 24,
  maxCohort: 100,
  maxExamples: 600,
  lossBound: 10,
};
const L = 2 ** 15 - 1;

const result: LocalResult = { update: Float32Array.of(0.5, -0.25, 0, 1), examples: 600, loss: 2.5, accuracy: 0.75 };

const filledWith =
  (byte: number): RandomSource =>
  (length) =>
    new Uint8Array(length).fill(byte);
/** Two seeds: where rounding is not what a test is about, any will do. */
const zeros = filledWith(0);
const ones = filledWith(0xff);

/** The coordinates before the peaks. */
const plain = (values: Uint32Array, { dimension }: { readonly dimension: number } = scheme): Uint32Array =>
  values.subarray(0, dimension + METRIC_COORDINATES);

/** Expects words to be these numbers, each rounded up or down to a whole one. */
function expectRounded(words: Uint32Array, bits: number, numbers: readonly number[]): void {
  expect(words).toHaveLength(numbers.length);
  for (const [j, word] of words.entries()) {
    expect([Math.floor(numbers[j]!), Math.ceil(numbers[j]!)]).toContain(signed(word, bits));
  }
}

/** The sum of encodings mod 2^modulusBits, as the coordinator forms it. */
function sumOf({ modulusBits }: QuantizationScheme, encodings: readonly Uint32Array[]): Uint32Array {
  const sum = new Uint32Array(encodings[0]!.length);
  for (const values of encodings) values.forEach((value, j) => (sum[j] = (sum[j]! + value) % 2 ** modulusBits));
  return sum;
}

/** A word in two's complement mod 2^bits as a signed number. */
const signed = (word: number, bits: number): number => (word >= 2 ** (bits - 1) ? word - 2 ** bits : word);

describe('assertBudget', () => {
  it.each([
    // maxCohort · 2L + 1 against 2^b: 256 · 65534 + 1 = 2^24 − 511 fits, 257 do not.
    [16, 24, 256],
    [2, 8, 127],
    [8, 8, 1],
    [31, 32, 2],
    [16, 32, 65_538],
  ])('inputBits %d, modulusBits %d: %d clients fit, one more does not', (inputBits, modulusBits, maxCohort) => {
    const fitting = { ...scheme, inputBits, modulusBits, maxCohort };
    assertBudget(fitting);
    expect(errorOf(() => assertBudget({ ...fitting, maxCohort: maxCohort + 1 })).code).toBe('overflow-budget');
  });

  it('names the numbers and the ways out', () => {
    const error = errorOf(() => assertBudget({ ...scheme, maxCohort: 257 }));
    expect(error.message).toContain('257 values of 16 bits');
    expect(error.hint).toContain('raise modulusBits to 25');
    expect(error.hint).toContain('lower the cohort to 256');
  });

  it('names no way that leads nowhere', () => {
    const nobody = errorOf(() => assertBudget({ ...scheme, inputBits: 20, modulusBits: 16, maxCohort: 5 }));
    expect(nobody.hint).toBe('raise modulusBits to 23, or lower inputBits');
    const full = errorOf(() => assertBudget({ ...scheme, inputBits: 31, modulusBits: 32, maxCohort: 3 }));
    expect(full.hint).toBe('lower the cohort to 2, or lower inputBits');
  });

  it.each([
    ['dimension', 0],
    ['dimension', 1.5],
    ['inputBits', 1],
    ['inputBits', 32],
    ['modulusBits', 7],
    ['modulusBits', 33],
    ['maxCohort', 0],
    ['maxExamples', 0],
    ['maxExamples', NaN],
    ['clip', 0],
    ['clip', Infinity],
    ['lossBound', -1],
    ['lossBound', NaN],
    ['dimension', 2 ** 28 - 2],
  ])('refuses %s = %d', (field, value) => {
    const error = errorOf(() => assertBudget({ ...scheme, [field]: value }));
    expect(error.code).toBe('settings-invalid');
    expect(error.message).toContain(field);
  });

  it('takes the greatest vector that a message may hold', () => {
    expect(() =>
      assertBudget({ ...scheme, dimension: 2 ** 28 - METRIC_COORDINATES - peakCoordinates(scheme) }),
    ).not.toThrow();
  });

  it('is asked by both directions', () => {
    const broken = { ...scheme, maxCohort: 257 };
    expect(errorOf(() => encodeUpdate(broken, result, ones)).code).toBe('overflow-budget');
    expect(errorOf(() => decodeSum(broken, new Uint32Array(7), 1)).code).toBe('overflow-budget');
  });
});

describe('minModulusBits', () => {
  it('fits, and one bit less does not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 31 }), fc.integer({ min: 1, max: 100_000 }), (inputBits, maxCohort) => {
        const sums = BigInt(maxCohort) * 2n * (2n ** BigInt(inputBits - 1) - 1n) + 1n;
        if (sums > 2n ** 32n) {
          expect(errorOf(() => minModulusBits(inputBits, maxCohort)).code).toBe('overflow-budget');
          return;
        }
        const bits = minModulusBits(inputBits, maxCohort);
        expect(sums <= 2n ** BigInt(bits)).toBe(true);
        if (bits > 8) expect(sums > 2n ** BigInt(bits - 1)).toBe(true);
        assertBudget({ ...scheme, inputBits, maxCohort, modulusBits: bits });
      }),
    );
  });

  it('refuses arguments out of range', () => {
    expect(errorOf(() => minModulusBits(1, 10)).code).toBe('settings-invalid');
    expect(errorOf(() => minModulusBits(16, 0)).code).toBe('settings-invalid');
  });
});

describe('encodeUpdate', () => {
  it('lays out the model, then examples, loss and accuracy, then whether anything was clipped or cut', () => {
    const { values, clippedBy } = encodeUpdate(scheme, result, systemRandom);
    expect(clippedBy).toBe(1);
    expect(values).toHaveLength(vectorLength(scheme));
    expect(METRIC_COORDINATES).toBe(5);
    expectRounded(plain(values), 24, [0.25 * L, -0.125 * L, 0, 0.5 * L, 600, 0.25 * L, 0.75 * L, 0, 0]);
  });

  it('rounds coordinate j as word j of the seed’s stream says, metrics included', () => {
    for (const seed of [0, 1, 2, 3, 4, 5].map((byte) => new Uint8Array(32).fill(byte))) {
      const words = new ChaChaStream(seed, 12).words(7);
      const numbers = [0.25 * L, -0.125 * L, 0, 0.5 * L, 600, 0.25 * L, 0.75 * L];
      const { values } = encodeUpdate(scheme, result, () => seed.slice());
      expect([...values.subarray(0, 7)].map((word) => signed(word, 24))).toEqual(
        numbers.map((x, j) => Math.floor(x) + (words[j]! < (x - Math.floor(x)) * 2 ** 32 ? 1 : 0)),
      );
    }
  });

  it('finds the metrics’ words wherever the model ends in a block', () => {
    for (const dimension of [13, 14, 15, 16, 17, 29, 30, 31, 32, 1000]) {
      const seed = new Uint8Array(32).fill(dimension);
      const words = new ChaChaStream(seed, 12).words(dimension + 3).subarray(dimension);
      const { values } = encodeUpdate(
        { ...scheme, dimension },
        { ...result, update: new Float32Array(dimension) },
        () => seed.slice(),
      );
      const numbers = [600, 0.25 * L, 0.75 * L];
      expect([...values.subarray(dimension, dimension + 3)]).toEqual(
        numbers.map((x, i) => Math.floor(x) + (words[i]! < (x - Math.floor(x)) * 2 ** 32 ? 1 : 0)),
      );
    }
  });

  it('draws one seed of 32 bytes and wipes it, also where it fails', () => {
    const drawn: Uint8Array[] = [];
    const random: RandomSource = (length) => {
      const bytes = systemRandom(length);
      drawn.push(bytes);
      return bytes;
    };
    const dimension = 40_000;
    encodeUpdate({ ...scheme, dimension }, { ...result, update: new Float32Array(dimension).fill(1e-3) }, random);
    expect(drawn).toEqual([new Uint8Array(32)]);
    const short: RandomSource = (length) => random(length - 1);
    expect(errorOf(() => encodeUpdate(scheme, result, short)).code).toBe('key-invalid');
    expect(drawn[1]).toEqual(new Uint8Array(31));
  });

  it('encodes zeros under the smallest of clips', () => {
    const tiny = { ...scheme, clip: Number.MIN_VALUE };
    const { values } = encodeUpdate(tiny, { ...result, update: new Float32Array(4) }, systemRandom);
    expect([...values.subarray(0, 5)]).toEqual([0, 0, 0, 0, 600]);
  });

  it('clips the whole update to its L2 norm, before it weighs', () => {
    const long = { ...result, update: Float32Array.of(6, 0, -8, 0), examples: 300 };
    const { values, clippedBy } = encodeUpdate(scheme, long, systemRandom);
    expect(clippedBy).toBeCloseTo(0.2, 12);
    // (6, 0, −8, 0) → (1.2, 0, −1.6, 0) → half of it.
    expectRounded(values.subarray(0, 4), 24, [0.3 * L, 0, -0.4 * L, 0]);
  });

  it('leaves the caller’s update as it was', () => {
    const update = Float32Array.of(6, 0, -8, 0);
    encodeUpdate(scheme, { ...result, update }, ones);
    expect([...update]).toEqual([6, 0, -8, 0]);
  });

  it('takes the norm in double precision', () => {
    // The squares of these overflow a 32-bit float.
    const { values, clippedBy } = encodeUpdate(scheme, { ...result, update: Float32Array.of(3e38, 0, 0, 0) }, ones);
    expect(clippedBy).toBeGreaterThan(0);
    expect(values[0]).toBeGreaterThanOrEqual(L - 1);
    expect(values[0]).toBeLessThanOrEqual(L);
  });

  it('gives a client beyond maxExamples the weight 1, and counts maxExamples', () => {
    const { values } = encodeUpdate(scheme, { ...result, examples: 10_000 }, ones);
    // But for the last of them, which counts those that were cut.
    expect(plain(values).slice(0, -1)).toEqual(plain(encodeUpdate(scheme, result, ones).values).slice(0, -1));
    expect(plain(values).at(-1)).toBe(1);
  });

  it('reports a loss below zero as it is, and cuts it and accuracy to their bounds', () => {
    const metrics = (loss: number, accuracy: number): number[] =>
      [...encodeUpdate(scheme, { ...result, loss, accuracy }, ones).values.subarray(5, 7)].map((word) =>
        signed(word, 24),
      );
    expect(metrics(1e300, 7)).toEqual([L, L]);
    expect(metrics(-1e300, -1)).toEqual([-L, 0]);
    expect(metrics(-10, 0.5)[0]).toBe(-L);
    expectRounded(encodeUpdate(scheme, { ...result, loss: -2 }, systemRandom).values.subarray(5, 6), 24, [-0.2 * L]);
  });

  it('says what was cut, and counts the member once whatever it weighs', () => {
    const encoded = encodeUpdate(scheme, { ...result, examples: 60_000, loss: -250 }, systemRandom);
    expect(encoded.cut).toEqual([
      { what: 'examples', value: 60_000, bound: 600 },
      { what: 'loss', value: -250, bound: 10 },
    ]);
    expect([...encoded.values.subarray(7, 9)]).toEqual([0, 1]);
    const long = encodeUpdate(scheme, { ...result, examples: 1, update: Float32Array.of(9, 0, 0, 0) }, systemRandom);
    expect(long.cut).toEqual([]);
    expect([...long.values.subarray(7, 9)]).toEqual([1, 0]);
  });

  it('never leaves [−L, L]', () => {
    const value = fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(-3e38, 3e38, 1e-45));
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 2, max: 31 }),
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        fc.constantFrom(zeros, ones, systemRandom),
        (update, examples, inputBits, clip, random) => {
          const small = { ...scheme, inputBits, clip, maxCohort: 1, modulusBits: Math.max(8, inputBits) };
          const { values } = encodeUpdate(small, { ...result, update: Float32Array.from(update), examples }, random);
          const top = 2 ** (inputBits - 1) - 1;
          for (const word of plain(values)) expect(Math.abs(signed(word, small.modulusBits))).toBeLessThanOrEqual(top);
        },
      ),
    );
  });

  it('is unbiased', () => {
    // Hoeffding: the mean of 200 000 roundings is off by more than 0.0075 with probability at most 4 · 10^−10 each.
    const dimension = 200_000;
    for (const fraction of [0.1, 0.5, 0.93]) {
      for (const sign of [1, -1]) {
        const level = sign * (3 + fraction);
        const wide = { ...scheme, dimension, clip: 1000 };
        const update = new Float32Array(dimension).fill((level * 1000) / L);
        const { values } = encodeUpdate(wide, { ...result, update }, systemRandom);
        const total = values.subarray(0, dimension).reduce((sum, word) => sum + signed(word, 24), 0);
        expect(Math.abs(total / dimension - level)).toBeLessThan(0.0075);
      }
    }
  });

  it('refuses what is not finite, and says where', () => {
    const error = errorOf(() =>
      encodeUpdate(scheme, { ...result, update: Float32Array.of(1, 2, NaN, Infinity) }, zeros),
    );
    expect(error.code).toBe('update-not-finite');
    expect(error.message).toContain('coordinate 2');
    for (const update of [Float32Array.of(-Infinity, 0, 0, 0), Float32Array.of(Infinity, -Infinity, 0, 0)]) {
      expect(errorOf(() => encodeUpdate(scheme, { ...result, update }, zeros)).message).toContain('coordinate 0');
    }
    expect(errorOf(() => encodeUpdate(scheme, { ...result, loss: NaN }, zeros)).message).toContain('loss');
    expect(errorOf(() => encodeUpdate(scheme, { ...result, loss: Infinity }, zeros)).code).toBe('update-not-finite');
    expect(errorOf(() => encodeUpdate(scheme, { ...result, accuracy: NaN }, zeros)).message).toContain('accuracy');
  });

  it('refuses other lengths and clients without examples', () => {
    expect(errorOf(() => encodeUpdate(scheme, { ...result, update: new Float32Array(5) }, zeros)).code).toBe(
      'update-shape',
    );
    for (const examples of [0, -1, 0.5, NaN]) {
      expect(errorOf(() => encodeUpdate(scheme, { ...result, examples }, zeros)).code).toBe('data-empty');
    }
  });
});

describe('decodeSum', () => {
  it('is exact for the greatest values of the greatest cohort, in both directions', () => {
    for (const sign of [1, -1]) {
      const full = { ...scheme, dimension: 1, maxCohort: 256 };
      const extreme = { update: Float32Array.of(sign * 1e6), examples: 600, loss: 10, accuracy: 1 };
      const { values } = encodeUpdate(full, extreme, systemRandom);
      expect(signed(values[0]!, 24)).toBe(sign * L);
      const sum = sumOf(full, Array<Uint32Array>(256).fill(values));
      expect(signed(sum[0]!, 24)).toBe(sign * L * 256);
      const decoded = decodeSum(full, sum, 256);
      expect(decoded.update[0]).toBe(sign * 2);
      expect(decoded).toMatchObject({ examples: 600 * 256, loss: 10, accuracy: 1, totalWeight: 256 });
      expect(errorOf(() => decodeSum(full, sum, 257)).code).toBe('overflow-budget');
    }
  });

  it('gives the weighted mean of the clipped updates within the rounding bound', () => {
    const client = fc.record({
      update: fc.array(fc.float({ min: -5, max: 5, noNaN: true }), { minLength: 4, maxLength: 4 }),
      examples: fc.integer({ min: 1, max: 900 }),
      loss: fc.double({ min: -12, max: 12, noNaN: true }),
      accuracy: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(client, { minLength: 1, maxLength: 100 }),
        fc.constantFrom(10, 16, 22),
        fc.constantFrom(1, 600, 100_000),
        (clients, inputBits, maxExamples) => {
          const modulusBits = minModulusBits(inputBits, scheme.maxCohort);
          const used = { ...scheme, inputBits, modulusBits, maxExamples };
          const top = 2 ** (inputBits - 1) - 1;
          // Weights below the step of the examples coordinate may round to nothing: see the test after this one.
          fc.pre(top >= maxExamples);
          const encodings = clients.map((one) =>
            encodeUpdate(used, { ...one, update: Float32Array.from(one.update) }, systemRandom),
          );
          const sum = sumOf(
            used,
            encodings.map(({ values }) => values),
          );
          const decoded = decodeSum(used, sum, clients.length);

          const weights = clients.map(({ examples }) => Math.min(examples, maxExamples) / maxExamples);
          const total = weights.reduce((a, b) => a + b, 0);
          expect(decoded.examples).toBe(clients.reduce((a, { examples }) => a + Math.min(examples, maxExamples), 0));
          expect(decoded.totalWeight).toBeCloseTo(total, 9);

          // Each client rounds by less than one level; floats of the result add their own half unit.
          const slack = (bound: number): number => (clients.length * bound) / (top * total) + 1e-6 * bound;
          const mean = (of: (index: number) => number): number =>
            weights.reduce((a, weight, i) => a + weight * of(i), 0) / total;
          for (let j = 0; j < 4; j++) {
            const expected = mean((i) => clients[i]!.update[j]! * encodings[i]!.clippedBy);
            expect(Math.abs(decoded.update[j]! - expected)).toBeLessThanOrEqual(slack(used.clip));
          }
          const loss = mean((i) => Math.max(Math.min(clients[i]!.loss, used.lossBound), -used.lossBound));
          expect(Math.abs(decoded.loss - loss)).toBeLessThanOrEqual(slack(used.lossBound));
          expect(Math.abs(decoded.accuracy - mean((i) => clients[i]!.accuracy))).toBeLessThanOrEqual(slack(1));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('counts within one step each where maxExamples exceeds the levels', () => {
    const coarse = { ...scheme, inputBits: 8, maxExamples: 12_700 };
    const encodings = [50, 1_000, 12_700].map(
      (examples) => encodeUpdate(coarse, { ...result, examples }, systemRandom).values,
    );
    const { examples } = decodeSum(coarse, sumOf(coarse, encodings), 3);
    expect(examples % 100).toBe(0);
    expect(Math.abs(examples - 13_750)).toBeLessThanOrEqual(200);
  });

  it('reads nothing above the modulus', () => {
    const { values } = encodeUpdate(scheme, result, ones);
    const dirty = values.map((word) => (word | 0xab00_0000) >>> 0);
    expect(decodeSum(scheme, dirty, 1)).toEqual(decodeSum(scheme, values, 1));
  });

  it('refuses sums without weight, of nobody, or of another length', () => {
    expect(errorOf(() => decodeSum(scheme, new Uint32Array(vectorLength(scheme)), 1)).code).toBe('data-empty');
    const negative = new Uint32Array(vectorLength(scheme));
    negative[4] = 2 ** 24 - 1;
    expect(errorOf(() => decodeSum(scheme, negative, 1)).code).toBe('data-empty');
    expect(errorOf(() => decodeSum(scheme, encodeUpdate(scheme, result, zeros).values, 0)).code).toBe('data-empty');
    expect(errorOf(() => decodeSum(scheme, new Uint32Array(vectorLength(scheme) - 1), 1)).code).toBe('update-shape');
  });
});
