import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { CairnError } from '../../protocol/errors.ts';
import { parseIdx, parseIdxImages, parseIdxLabels } from '../support/parse-idx.ts';

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

const images = (count: number, rows: number, columns: number, pixels: readonly number[]): Uint8Array =>
  Uint8Array.of(0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, rows, 0, 0, 0, columns, ...pixels);
const labels = (count: number, values: readonly number[]): Uint8Array =>
  Uint8Array.of(0, 0, 8, 1, 0, 0, 0, count, ...values);

describe('IDX', () => {
  it('images', () => {
    const pixels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const parsed = parseIdxImages(images(2, 2, 3, pixels));
    expect(parsed).toEqual({ count: 2, rows: 2, columns: 3, pixels: Uint8Array.from(pixels) });
  });

  it('labels, at any alignment', () => {
    const shifted = Uint8Array.of(99, ...labels(3, [7, 0, 255])).subarray(1);
    expect(parseIdxLabels(shifted)).toEqual(Uint8Array.of(7, 0, 255));
  });

  it('dimensions are big-endian', () => {
    const bytes = new Uint8Array(8 + 0x0102);
    bytes.set([0, 0, 8, 1, 0, 0, 1, 2]);
    expect(parseIdxLabels(bytes)).toHaveLength(258);
  });

  it.each<readonly [string, () => unknown]>([
    ['an empty file', () => parseIdxLabels(new Uint8Array(0))],
    ['a cut header', () => parseIdxImages(images(1, 1, 1, [0]).subarray(0, 15))],
    ['labels as images', () => parseIdxImages(labels(12, new Array<number>(12).fill(0)))],
    ['images as labels', () => parseIdxLabels(images(1, 1, 1, [0]))],
    ['another type', () => parseIdxLabels(Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 1, 0, 0, 0, 0))],
    ['a type that the format has not', () => parseIdx(Uint8Array.of(0, 0, 0x0a, 1, 0, 0, 0, 1, 0))],
    ['no dimension', () => parseIdx(Uint8Array.of(0, 0, 8, 0))],
    ['nine dimensions', () => parseIdx(Uint8Array.of(0, 0, 8, 9, ...new Array<number>(40).fill(1)))],
    ['half a value', () => parseIdx(Uint8Array.of(0, 0, 0x0c, 1, 0, 0, 0, 1, 0, 0))],
    ['a value too few', () => parseIdxLabels(labels(3, [1, 2]))],
    ['a value too many', () => parseIdxLabels(labels(1, [1, 2]))],
    ['no values', () => parseIdxLabels(labels(0, []))],
    ['images without rows', () => parseIdxImages(images(1, 0, 1, []))],
    ['a size that wraps 2^32', () => parseIdxImages(hugeImages())],
  ])('refuses %s', (_, act) => {
    expect(errorOf(act).code).toBe('data-malformed');
  });

  it.each<readonly [string, number, readonly number[], readonly number[]]>([
    ['signed bytes', 0x09, [0xff, 0x7f], [-1, 127]],
    ['16-bit integers', 0x0b, [0x80, 0, 1, 2], [-32768, 258]],
    ['32-bit integers', 0x0c, [0xff, 0xff, 0xff, 0xfe, 0, 1, 0, 0], [-2, 65536]],
    ['32-bit floats', 0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0], [1, -2.5]],
    ['64-bit floats', 0x0e, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xbf, 0xe0, 0, 0, 0, 0, 0, 0], [1, -0.5]],
  ])('%s, at any alignment', (_, type, bytes, values) => {
    const file = Uint8Array.of(99, 0, 0, type, 2, 0, 0, 0, 2, 0, 0, 0, 1, ...bytes).subarray(1);
    const parsed = parseIdx(file);
    expect(parsed.dimensions).toEqual([2, 1]);
    expect([...parsed.values]).toEqual(values);
  });

  it.each<readonly [string, string | Uint8Array, RegExp]>([
    ['a web page', '<!DOCTYPE html><html>', /web page/],
    ['a zip archive', 'PK\x03\x04 and so on', /zip archive/],
    ['a NumPy array', '\x93NUMPY\x01\x00', /NumPy/],
    ['nothing', '', /empty/],
    ['text', 'label,pixel1,pixel2', /begins with two zero bytes.*6c 61 62 65/],
    [
      '32-bit floats of two dimensions',
      Uint8Array.of(0, 0, 0x0d, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0),
      /1 × 1 32-bit floats/,
    ],
  ])('names what lies there: %s', (_, content, message) => {
    const bytes = typeof content === 'string' ? Uint8Array.from(content, (c) => c.charCodeAt(0)) : content;
    expect(errorOf(() => parseIdxImages(bytes)).message).toMatch(message);
  });

  it('says what to do with a compressed file', () => {
    const error = errorOf(() => parseIdxLabels(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0)));
    expect(error.hint).toContain('gunzip');
  });

  it('throws nothing but data-malformed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(parseIdxImages, parseIdxLabels, parseIdx),
        (bytes, parse) => {
          const whole = Uint8Array.of(0, 0, 8, parse === parseIdxImages ? 3 : 1, ...bytes);
          expect(() => {
            try {
              parse(whole);
            } catch (thrown) {
              if (!(thrown instanceof CairnError) || thrown.code !== 'data-malformed') throw thrown;
            }
          }).not.toThrow();
        },
      ),
    );
  });
});

/** 2^16 × 2^16 × 1 images: 0 bytes in 32-bit arithmetic. */
function hugeImages(): Uint8Array {
  return Uint8Array.of(0, 0, 8, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1);
}
