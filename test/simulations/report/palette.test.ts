import { expect, test } from 'vitest';
import { GROUND, lookOf, PALETTE } from '../../../simulations/report/chart/palette.ts';

type Triple = readonly [number, number, number];

// How eyes without one kind of cone see linear RGB (Machado, Oliveira and Fernandes 2009, full severity).
const EYES: Readonly<Record<string, readonly [Triple, Triple, Triple]>> = {
  all: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function linear(hex: string): Triple {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

const dot = (a: Triple, b: Triple) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

function lab(rgb: Triple): Triple {
  const root = (value: number) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116);
  const x = root(dot([0.4124, 0.3576, 0.1805], rgb) / 0.9505);
  const y = root(dot([0.2126, 0.7152, 0.0722], rgb));
  const z = root(dot([0.0193, 0.1192, 0.9505], rgb) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const luminance = (hex: string) => dot([0.2126, 0.7152, 0.0722], linear(hex));

for (const scheme of ['light', 'dark'] as const) {
  const colours = PALETTE.map((colour) => colour[scheme]);

  test(`colours stand out from the ${scheme} ground`, () => {
    for (const colour of colours) {
      const [bright, dim] = [luminance(colour), luminance(GROUND[scheme])].sort((a, b) => b - a);
      expect((bright! + 0.05) / (dim! + 0.05), colour).toBeGreaterThanOrEqual(3);
    }
  });

  test(`colours on the ${scheme} ground differ for colour-blind readers too`, () => {
    for (const [eye, matrix] of Object.entries(EYES)) {
      const seen = colours.map((colour) => {
        const [r, g, b] = matrix.map((row) => Math.min(1, Math.max(0, dot(row, linear(colour)))));
        return lab([r!, g!, b!]);
      });
      seen.forEach((a, index) => {
        for (const b of seen.slice(0, index)) {
          expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]), `${eye} ${index}`).toBeGreaterThan(18);
        }
      });
    }
  });
}

test('36 lines are told apart by colour and symbol', () => {
  const looks = Array.from({ length: 36 }, (_, place) => lookOf(place, false)).map(
    ({ colour, symbol }) => `${colour} ${symbol}`,
  );
  expect(new Set(looks).size).toBe(36);
});
