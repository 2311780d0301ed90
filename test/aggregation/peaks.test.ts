import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../protocol/crypto/random.ts';
import {
  encodeUpdate,
  type LocalResult,
  openPeaks,
  openSum,
  peakCoordinates,
  type QuantizationScheme,
  vectorLength,
} from '../../protocol/quantize/index.ts';
import { METRIC_COORDINATES } from '../../protocol/quantize/scheme.ts';

const scheme: QuantizationScheme = {
  ...{ dimension: 3, clip: 2, inputBits: 16, modulusBits: 24, maxCohort: 100, maxExamples: 600, lossBound: 10 },
  untrained: [{ from: 1, length: 2, bound: 100 }],
};

const result = (change: Partial<LocalResult> = {}): LocalResult => ({
  ...{ update: Float32Array.of(1, 0, 0), examples: 1, loss: 0, accuracy: 0 },
  ...change,
});

/** The sum of encodings, as the coordinator unmasks it. */
function sumOf(used: QuantizationScheme, results: readonly LocalResult[]): Uint32Array {
  const sum = new Uint32Array(vectorLength(used));
  for (const one of results) {
    encodeUpdate(used, one, systemRandom).values.forEach((word, j) => {
      sum[j] = (sum[j]! + word) % 2 ** used.modulusBits;
    });
  }
  return sum;
}

/** The powers of a number, from one exponent to another. */
const powers = (base: number, from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, k) => base ** (from + k));

const EXAMPLES_LEVELS = powers(2, 0, 20);
const LOSS_LEVELS = powers(4, -4, 9);
const UNTRAINED_LEVELS = powers(4, -8, 11);

/** The least level that a value is not above. */
const levelOf = (value: number, levels: readonly number[]): number =>
  levels.find((level) => value <= level) ?? Infinity;

/** Where a vector's peaks begin. */
const FIRST = scheme.dimension + METRIC_COORDINATES;

describe('peaks', () => {
  it('are the level of the greatest value, whoever has it, on 32 bits at which a false zero does not happen', () => {
    const used = { ...scheme, modulusBits: 32 };
    const member = fc.record({
      examples: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 2 ** 31 })),
      loss: fc.oneof(fc.double({ min: -20, max: 20, noNaN: true }), fc.double({ min: -1e9, max: 1e9, noNaN: true })),
      moved: fc.float({ min: -5e6, max: 5e6, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 8 }), (members) => {
        const results = members.map(({ examples, loss, moved }) =>
          result({ examples, loss, update: Float32Array.of(1, 0, moved) }),
        );
        const { peaks } = openSum(used, sumOf(used, results), members.length).bounded!;
        const greatest = (values: readonly number[]): number => Math.max(...values.map(Math.abs));
        expect(peaks).toEqual({
          examples: levelOf(greatest(members.map(({ examples }) => examples)), EXAMPLES_LEVELS),
          loss: levelOf(greatest(members.map(({ loss }) => loss)), LOSS_LEVELS),
          untrained: [levelOf(greatest(members.map(({ moved }) => moved)), UNTRAINED_LEVELS)],
        });
      }),
    );
  });

  it('are zero words where no member is above a level, and only there', () => {
    const words = sumOf({ ...scheme, modulusBits: 32 }, [result({ examples: 9 }), result({ examples: 3 })]);
    const examples = [...words.subarray(FIRST, FIRST + EXAMPLES_LEVELS.length)];
    // 9 is above 1, 2, 4 and 8.
    expect(examples.map((word) => word !== 0)).toEqual(EXAMPLES_LEVELS.map((level) => level < 9));
  });

  it('look the same whether one member is above a level or all are: a uniform word', () => {
    // 256 cells of 8 bits, 25 600 sums: each cell has 100 ± 10. Six deviations for any of 512 cells: below 10^−6.
    const used = { ...scheme, modulusBits: 8, inputBits: 2, maxCohort: 3 };
    for (const above of [1, 2, 3]) {
      const cells = new Uint32Array(256);
      for (let run = 0; run < 25_600; run++) {
        const members = [0, 1, 2].map((i) => result({ examples: i < above ? 2 : 1 }));
        cells[sumOf(used, members)[FIRST]!]!++;
      }
      expect(Math.max(...cells)).toBeLessThan(160);
      expect(Math.min(...cells)).toBeGreaterThan(40);
    }
  });

  it('miss a level by chance once in 2^modulusBits sums, and then name the one below', () => {
    const used = { ...scheme, modulusBits: 8, inputBits: 2, maxCohort: 3, measures: true };
    let missed = 0;
    for (let run = 0; run < 25_600; run++) {
      const peaks = openPeaks(used, sumOf(used, [result({ examples: 2 })]), 1);
      expect([1, 2]).toContain(peaks.examples);
      if (peaks.examples === 1) missed++;
    }
    // 100 expected; a random word that is never zero would tell a single member from two, and miss none.
    expect(missed).toBeGreaterThan(40);
    expect(missed).toBeLessThan(160);
  });

  it('are all there is in a vector that only measures, which tells nothing of the update', () => {
    const measuring = { ...scheme, measures: true, modulusBits: 32 };
    expect(vectorLength(measuring)).toBe(peakCoordinates(scheme));
    const seed = new Uint8Array(32).fill(7);
    const vectorOf = (one: LocalResult): Uint32Array => encodeUpdate(measuring, one, () => seed.slice()).values;
    const some = vectorOf(result({ examples: 70, loss: 3, accuracy: 1, update: Float32Array.of(9, 0, 5) }));
    const other = vectorOf(result({ examples: 90, loss: -4, accuracy: 0, update: Float32Array.of(-1, 7, 0) }));
    expect(some).toEqual(other);
    expect(vectorOf(result({ examples: 200, loss: 3, update: Float32Array.of(9, 0, 5) }))).not.toEqual(some);
    expect(openPeaks(measuring, some, 1)).toEqual({ examples: 128, loss: 4, untrained: [16] });
  });

  it('do not depend on the scales of a round: no series of rounds narrows a value down', () => {
    const seed = new Uint8Array(32).fill(9);
    const one = result({ examples: 77, loss: 1.5, update: Float32Array.of(1, 3, -2) });
    const tail = (used: QuantizationScheme): Uint32Array =>
      encodeUpdate(used, one, () => seed.slice()).values.subarray(FIRST);
    const other = { ...scheme, maxExamples: 77, lossBound: 1.6, untrained: [{ from: 1, length: 2, bound: 2.9 }] };
    expect(tail(other)).toEqual(tail(scheme));
  });
});

describe('untrained ranges', () => {
  it('are outside of the clip: a variance of 4000 does not shorten a weight beside it', () => {
    const used = { ...scheme, clip: 10, untrained: [{ from: 1, length: 2, bound: 4096 }] };
    const one = result({ update: Float32Array.of(1, 3999, 0.25), examples: 600 });
    const { clippedBy, cut } = encodeUpdate(used, one, systemRandom);
    expect([clippedBy, cut]).toEqual([1, []]);
    const { update } = openSum(used, sumOf(used, [one, one, one]), 3);
    const values = new Float32Array(3);
    update(0, values);
    expect(values[0]).toBeCloseTo(1, 3);
    expect(Math.abs(values[1]! - 3999)).toBeLessThan(0.2);
    expect(Math.abs(values[2]! - 0.25)).toBeLessThan(0.2);
    // Taken out in parts, which begin and end anywhere.
    for (let from = 0; from < 3; from++) {
      const part = new Float32Array(1);
      update(from, part);
      expect(part[0]).toBe(values[from]);
    }
    // With the moments inside of the clip it arrived as 0.0025.
    const inside = encodeUpdate({ ...used, untrained: [] }, one, systemRandom);
    expect(inside.clippedBy).toBeLessThan(0.003);
  });

  it('have a bound of their own, down to which all of a range is scaled, and say what was cut', () => {
    const one = result({ update: Float32Array.of(1, 250, -3), examples: 600 });
    expect(encodeUpdate(scheme, one, systemRandom).cut).toEqual([{ what: 'untrained', value: 250, bound: 100 }]);
    const { update, bounded } = openSum(scheme, sumOf(scheme, [one]), 1);
    const values = new Float32Array(3);
    update(0, values);
    expect(values[1]).toBe(100);
    expect(values[2]).toBeCloseTo((-3 * 100) / 250, 1);
    expect(bounded).toMatchObject({ clipped: 0, cut: 1 });
  });

  it.each([
    ['beyond the model', [{ from: 2, length: 2, bound: 1 }]],
    [
      'across each other',
      [
        { from: 0, length: 2, bound: 1 },
        { from: 1, length: 1, bound: 1 },
      ],
    ],
    ['without a bound', [{ from: 0, length: 1, bound: 0 }]],
  ])('are refused %s', (_, untrained) => {
    expect(() => encodeUpdate({ ...scheme, untrained }, result(), systemRandom)).toThrow(/untrained/);
  });
});
