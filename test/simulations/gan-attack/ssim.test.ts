import { describe, expect, it } from 'vitest';
import { Random } from '../../../training/index.ts';
import { ssim } from '../../../simulations/experiments/gan-attack/likeness.ts';

const random = new Random(3, 'ssim test');
const image = (side: number, scale = 1): Float32Array =>
  Float32Array.from({ length: side * side }, () => scale * random.uniform());

// The definition, window by window and pixel by pixel.
function direct(a: Float32Array, b: Float32Array, side: number, range: number): number {
  const [c1, c2] = [(0.01 * range) ** 2, (0.03 * range) ** 2];
  const weight = (y: number, x: number): number => Math.exp(-((y - 5) ** 2 + (x - 5) ** 2) / (2 * 1.5 * 1.5));
  let [sum, windows] = [0, 0];
  for (let top = 0; top + 11 <= side; top++)
    for (let left = 0; left + 11 <= side; left++) {
      const taps: [number, number, number][] = [];
      for (let y = 0; y < 11; y++)
        for (let x = 0; x < 11; x++) {
          const at = (top + y) * side + left + x;
          taps.push([weight(y, x), a[at]!, b[at]!]);
        }
      const total = taps.reduce((s, [w]) => s + w, 0);
      const mean = (of: (p: number, q: number) => number): number =>
        taps.reduce((s, [w, p, q]) => s + (w * of(p, q)) / total, 0);
      const [ma, mb] = [mean((p) => p), mean((_, q) => q)];
      const va = mean((p) => (p - ma) ** 2);
      const vb = mean((_, q) => (q - mb) ** 2);
      const cov = mean((p, q) => (p - ma) * (q - mb));
      sum += ((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
      windows++;
    }
  return sum / windows;
}

describe('structural similarity', () => {
  it('is 1 for identical images, whatever they show', () => {
    for (const a of [image(16), image(32), new Float32Array(121), new Float32Array(121).fill(1)])
      expect(ssim(a, a, Math.sqrt(a.length), 1)).toBeCloseTo(1, 12);
  });

  it('of two even images is the term of luminance alone', () => {
    const [black, grey, white] = [0, 0.5, 1].map((value) => new Float32Array(144).fill(value));
    expect(ssim(black!, white!, 12, 1)).toBeCloseTo(1e-4 / (1 + 1e-4), 12);
    expect(ssim(grey!, white!, 12, 1)).toBeCloseTo((1 + 1e-4) / (1.25 + 1e-4), 12);
  });

  it('of an image and itself made lighter is the term of luminance alone', () => {
    // A chessboard has mean m and variance v in every window, nearly; the shift leaves variance and covariance alike.
    const a = Float32Array.from({ length: 400 }, (_, i) => (i + Math.floor(i / 20)) % 2);
    const b = a.map((value) => value + 0.5);
    expect(ssim(a, b, 20, 1)).toBeCloseTo((2 * 0.5 * 1 + 1e-4) / (0.25 + 1 + 1e-4), 3);
  });

  it('of an image and its negative is negative, and of images without relation near 0', () => {
    const a = image(32);
    expect(
      ssim(
        a,
        a.map((value) => 1 - value),
        32,
        1,
      ),
    ).toBeLessThan(-0.8);
    expect(Math.abs(ssim(a, image(32), 32, 1))).toBeLessThan(0.2);
  });

  it('is that of the definition, window by window', () => {
    const [a, b] = [image(13), image(13)];
    expect(ssim(a, b, 13, 1)).toBeCloseTo(direct(a, b, 13, 1), 10);
    const close = a.map((value, i) => 0.7 * value + 0.3 * b[i]!);
    expect(ssim(a, close, 13, 1)).toBeCloseTo(direct(a, close, 13, 1), 10);
  });

  it('does not depend on the unit of brightness', () => {
    const [a, b] = [image(15), image(15)];
    const times = (values: Float32Array): Float32Array => values.map((value) => 2 * value);
    expect(ssim(times(a), times(b), 15, 2)).toBeCloseTo(ssim(a, b, 15, 1), 6);
  });

  it('falls as noise grows', () => {
    const a = image(24);
    const noise = image(24, 1).map((value) => value - 0.5);
    const values = [0.1, 0.3, 1].map((scale) =>
      ssim(
        a,
        a.map((value, i) => value + scale * noise[i]!),
        24,
        1,
      ),
    );
    expect(values).toEqual([...values].sort((p, q) => q - p));
    expect(values[0]).toBeLessThan(1);
    expect(values[2]).toBeGreaterThan(0);
  });
});
