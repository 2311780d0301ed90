import { describe, expect, it } from 'vitest';
import { gradients, layers, operations as o, sequential, Tape } from '../../training/index.ts';
import type { KernelKind, Layer, Model, Tensor } from '../../training/index.ts';
import { expectClose, randomValues } from './support.ts';

interface Case {
  batch: number;
  channels: number;
  height: number;
  width: number;
  filters: number;
  kernel: [number, number];
  stride: number;
  padding: number;
}

/**
 * Around what decides how a convolution is run: stride 1 or not, margins below the window or not, square or not, a batch
 * that fills tiles or not; more filters than are packed for, more taps than a panel is deep.
 */
const cases: Case[] = [
  { batch: 2, channels: 1, height: 28, width: 28, filters: 8, kernel: [5, 5], stride: 1, padding: 2 },
  { batch: 2, channels: 3, height: 6, width: 7, filters: 5, kernel: [3, 3], stride: 1, padding: 0 },
  { batch: 1, channels: 2, height: 5, width: 9, filters: 4, kernel: [3, 3], stride: 1, padding: 2 },
  { batch: 2, channels: 2, height: 4, width: 4, filters: 3, kernel: [1, 1], stride: 1, padding: 0 },
  { batch: 2, channels: 2, height: 5, width: 6, filters: 3, kernel: [2, 4], stride: 1, padding: 1 },
  { batch: 1, channels: 2, height: 3, width: 3, filters: 2, kernel: [2, 2], stride: 1, padding: 3 },
  { batch: 1, channels: 1, height: 1, width: 1, filters: 1, kernel: [1, 1], stride: 1, padding: 0 },
  { batch: 2, channels: 2, height: 3, width: 40, filters: 17, kernel: [3, 3], stride: 1, padding: 1 },
  { batch: 2, channels: 2, height: 8, width: 7, filters: 3, kernel: [3, 3], stride: 2, padding: 1 },
  { batch: 1, channels: 2, height: 7, width: 9, filters: 3, kernel: [3, 2], stride: 3, padding: 4 },
  { batch: 16, channels: 2, height: 9, width: 9, filters: 13, kernel: [5, 5], stride: 1, padding: 0 },
  { batch: 9, channels: 2, height: 6, width: 5, filters: 3, kernel: [3, 3], stride: 1, padding: 1 },
  { batch: 10, channels: 1, height: 5, width: 4, filters: 2, kernel: [2, 2], stride: 1, padding: 3 },
  { batch: 12, channels: 29, height: 4, width: 4, filters: 14, kernel: [3, 3], stride: 1, padding: 1 },
  { batch: 17, channels: 2, height: 7, width: 6, filters: 3, kernel: [3, 2], stride: 2, padding: 1 },
  { batch: 16, channels: 12, height: 5, width: 5, filters: 12, kernel: [4, 4], stride: 2, padding: 1 },
];

/** A convolution and its three derivatives against fixed random output weights, by the definition. */
function byDefinition(c: Case, x: Float32Array, w: Float32Array, b: Float32Array, seed: number): number[][] {
  const [kh, kw] = c.kernel;
  const outHeight = Math.floor((c.height + 2 * c.padding - kh) / c.stride) + 1;
  const outWidth = Math.floor((c.width + 2 * c.padding - kw) / c.stride) + 1;
  const out = new Array<number>(c.batch * c.filters * outHeight * outWidth).fill(0);
  const dy = randomValues(out.length, seed);
  const [dx, dw, db] = [x, w, b].map((values) => new Array<number>(values.length).fill(0));
  let at = 0;
  for (let n = 0; n < c.batch; n++) {
    for (let f = 0; f < c.filters; f++) {
      for (let oy = 0; oy < outHeight; oy++) {
        for (let ox = 0; ox < outWidth; ox++) {
          out[at] = b[f]!;
          db![f]! += dy[at]!;
          for (let channel = 0; channel < c.channels; channel++) {
            for (let ky = 0; ky < kh; ky++) {
              for (let kx = 0; kx < kw; kx++) {
                const [row, column] = [oy * c.stride + ky - c.padding, ox * c.stride + kx - c.padding];
                if (row < 0 || row >= c.height || column < 0 || column >= c.width) continue;
                const i = ((n * c.channels + channel) * c.height + row) * c.width + column;
                const j = ((f * c.channels + channel) * kh + ky) * kw + kx;
                out[at]! += x[i]! * w[j]!;
                dx![i]! += dy[at]! * w[j]!;
                dw![j]! += dy[at]! * x[i]!;
              }
            }
          }
          at++;
        }
      }
    }
  }
  return [out, dx!, dw!, db!];
}

function byEngine(
  c: Case,
  x: Float32Array,
  w: Float32Array,
  b: Float32Array,
  seed: number,
  kind: KernelKind,
): number[][] {
  const tape = new Tape(kind);
  const sources = [
    tape.tensor([c.batch, c.channels, c.height, c.width], x),
    tape.tensor([c.filters, c.channels, ...c.kernel], w),
    tape.tensor([c.filters], b),
  ] as const;
  const out = o.conv2d(...sources, { stride: c.stride, padding: c.padding });
  const loss = o.sum(o.mul(out, tape.tensor(out.shape, randomValues(out.size, seed))));
  return [out, ...gradients(loss, sources)].map((tensor) => [...tensor.raw()]);
}

describe('conv2d and its gradients', () => {
  it.each(cases)('$batch images, $kernel on $height × $width, stride $stride, padding $padding', (c) => {
    const x = randomValues(c.batch * c.channels * c.height * c.width, 1);
    const w = randomValues(c.filters * c.channels * c.kernel[0] * c.kernel[1], 2);
    const b = randomValues(c.filters, 3);
    const expected = byDefinition(c, x, w, b, 4);
    expectClose(byEngine(c, x, w, b, 4, 'double'), expected, 1e-12);
    // Up to 28 · 28 · 2 roundings of 6e-8 in a sum, most of which cancel.
    const wasm = byEngine(c, x, w, b, 4, 'wasm');
    expectClose(wasm, expected, 1e-5);
    expect(byEngine(c, x, w, b, 4, 'plain')).toEqual(wasm);
  });
});

describe('rectified in one pass, bit for bit as in two', () => {
  const bits = (tensors: Tensor[]): Int32Array[] => tensors.map((t) => new Int32Array(t.values().buffer));

  it.each(['wasm', 'plain'] as const)('convolutions: %s', (kind) => {
    for (const c of cases) {
      const tape = new Tape(kind);
      const x = tape.tensor(
        [c.batch, c.channels, c.height, c.width],
        randomValues(c.batch * c.channels * c.height * c.width, 1),
      );
      const w = tape.tensor(
        [c.filters, c.channels, ...c.kernel],
        randomValues(c.filters * c.channels * c.kernel[0] * c.kernel[1], 2),
      );
      const b = tape.tensor([c.filters], randomValues(c.filters, 3));
      const run = (out: Tensor): Tensor[] => [out, ...gradients(o.sum(o.mul(out, out)), [x, w, b])];
      const once = run(o.conv2dRelu(x, w, b, c));
      expect(bits(once)).toEqual(bits(run(o.relu(o.conv2d(x, w, b, c)))));
      expect(once[0]!.values().some((v) => v > 0)).toBe(true);
    }
  });

  it.each(['wasm', 'plain'] as const)('dense layers: %s', (kind) => {
    for (const [m, n, k] of [
      [1, 1, 1],
      [3, 20, 300],
      [13, 9, 40],
      [32, 33, 513],
    ]) {
      const tape = new Tape(kind);
      const x = tape.tensor([m!, k!], randomValues(m! * k!, 1));
      const w = tape.tensor([k!, n!], randomValues(k! * n!, 2));
      const b = tape.tensor([n!], randomValues(n!, 3));
      const run = (out: Tensor): Tensor[] => [out, ...gradients(o.sum(o.mul(out, out)), [x, w, b])];
      expect(bits(run(o.affineRelu(x, w, b)))).toEqual(bits(run(o.relu(o.affine(x, w, b)))));
    }
  });

  it('sequential runs a rectifier with the layer before it, and says the same as with two passes', () => {
    const { conv2d, dense, flatten, relu } = layers;
    // A layer that stands between keeps the two apart.
    const nothing: Layer = {
      kind: 'nothing',
      build: (shape) => ({ outputShape: shape, parameters: {}, forward: (x) => x }),
    };
    const stack = (between: Layer[]): Model =>
      sequential([conv2d(3, 3), ...between, relu(), flatten(), dense(5), ...between, relu(), dense(2)], [1, 6, 6]);
    const [fused, apart] = [stack([]), stack([nothing])];
    const parameters = fused.initialise(1);
    const result = [fused, apart].map((model) => {
      const tape = new Tape();
      const { named } = tape.parameters(model.layout, parameters);
      const start = tape.length;
      const out = model.forward(named, tape.tensor([4, 1, 6, 6], randomValues(144, 1)));
      const nodes = tape.length - start;
      return { nodes, values: bits([out, ...gradients(o.sum(o.square(out)), Object.values(named))]) };
    });
    expect(result[0]!.values).toEqual(result[1]!.values);
    expect(result[0]!.nodes).toBe(result[1]!.nodes - 2);
  });
});
