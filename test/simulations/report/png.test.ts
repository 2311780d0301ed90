import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import { CairnError } from '../../../protocol/errors.ts';
import { imageGrid, pngSize, type ImageGrid } from '../../../simulations/report/png.ts';

/** Three pictures of 2 × 3, with values 0..17. */
const three: ImageGrid = {
  images: Float32Array.from({ length: 18 }, (_, index) => index),
  count: 3,
  rows: 2,
  columns: 3,
  perRow: 2,
  low: 0,
  high: 17,
  gap: 1,
};

describe('imageGrid', () => {
  test('every value is at its place and shade, gaps and empty places are transparent', () => {
    const png = PNG.sync.read(Buffer.from(imageGrid(three)));
    expect([png.width, png.height]).toEqual([7, 5]);
    for (let y = 0; y < 5; y++) {
      for (let x = 0; x < 7; x++) {
        const pixel = [...png.data.subarray((y * 7 + x) * 4, (y * 7 + x) * 4 + 4)];
        const index = Math.floor(y / 3) * 2 + Math.floor(x / 4);
        const hole = x === 3 || y === 2 || index > 2;
        const grey = Math.round(((index * 6 + (y % 3) * 3 + (x % 4)) / 17) * 255);
        expect(pixel, `${x},${y}`).toEqual(hole ? [0, 0, 0, 0] : [grey, grey, grey, 255]);
      }
    }
  });

  test('scale repeats pixels but not gaps', () => {
    const small = PNG.sync.read(Buffer.from(imageGrid({ ...three, gap: 0, perRow: 3 })));
    const large = PNG.sync.read(Buffer.from(imageGrid({ ...three, gap: 0, perRow: 3, scale: 3 })));
    expect([large.width, large.height]).toEqual([small.width * 3, small.height * 3]);
    for (let y = 0; y < large.height; y++) {
      for (let x = 0; x < large.width; x++) {
        const source = Math.floor(y / 3) * small.width + Math.floor(x / 3);
        expect(large.data[(y * large.width + x) * 4]).toBe(small.data[source * 4]);
      }
    }
  });

  test('values beyond the ends are clipped, and what is not finite is a hole', () => {
    const images = Float32Array.of(-5, 5, Number.NaN, Infinity);
    const { data } = PNG.sync.read(Buffer.from(imageGrid({ images, count: 1, rows: 1, columns: 4, low: -1 })));
    expect([data[0], data[3], data[4], data[7], data[11], data[15]]).toEqual([0, 255, 255, 255, 0, 0]);
  });

  test('the same grid gives the same bytes', () => {
    expect(imageGrid(three)).toEqual(imageGrid(three));
  });

  test('a single picture needs no layout, and few pictures no full row', () => {
    const one = imageGrid({ images: new Float32Array(6), count: 1, rows: 2, columns: 3 });
    expect(pngSize(one)).toEqual({ width: 3, height: 2 });
    expect(pngSize(imageGrid({ ...three, perRow: 10 }))).toEqual({ width: 11, height: 2 });
  });

  test.each([
    ['too few values', { images: new Float32Array(17) }],
    ['too many values', { images: new Float32Array(19) }],
    ['no pictures', { count: 0, images: new Float32Array(0) }],
    ['half a row', { rows: 1.5 }],
    ['a negative gap', { gap: -1 }],
    ['no scale', { scale: 0 }],
    ['no columns in the grid', { perRow: 0 }],
    ['ends that are the same', { low: 1, high: 1 }],
    ['an end that is no number', { low: Number.NaN }],
    ['a picture larger than browsers show', { scale: 10_000 }],
  ] satisfies [string, Partial<ImageGrid>][])('refuses %s', (_, changes) => {
    expect(() => imageGrid({ ...three, ...changes })).toThrow(
      expect.objectContaining({ constructor: CairnError, code: 'tensor-shape' }) as Error,
    );
  });
});

test('pngSize knows what is no PNG', () => {
  const png = imageGrid(three);
  expect(pngSize(png)).toEqual({ width: 7, height: 5 });
  expect(pngSize(png.slice(0, 16))).toBeUndefined();
  expect(pngSize(new Uint8Array(64))).toBeUndefined();
});
