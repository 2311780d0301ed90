import { describe, expect, it } from 'vitest';
import { createHeap, matrixScratch } from '../../training/kernels/index.ts';
import type { ConvolutionExtents, Heap, Kernels } from '../../training/kernels/index.ts';
import { randomValues } from './support.ts';

const SIZE = 60_000;
// The twin leaves the scratch area alone, so it lies beyond what is compared.
const SCRATCH = SIZE - 8192;
const heaps = { wasm: createHeap('wasm'), plain: createHeap('plain') };

// Special values must pass through alike: zeros of both signs, denormals, infinity, and what overflows into it.
const starts = [1, 2, 3].map((seed) => {
  const start = randomValues(SIZE, seed);
  start.set([0, -0, 1e-42, -1e-42, Infinity, 3.4e38], 40);
  return start;
});

/** Runs a kernel on both heaps from the same contents, and expects all of memory to be the same bits afterwards. */
function expectSameBits(run: (kernels: Kernels) => void, seed = 1): { before: Float32Array; after: Float32Array } {
  const before = starts[seed % starts.length]!;
  for (const heap of Object.values(heaps)) {
    heap.reserve(SIZE);
    heap.reals.set(before);
    run(heap.kernels);
  }
  const bytes = ({ integers }: Heap): Buffer => Buffer.from(integers.buffer, 0, SCRATCH * 4);
  if (bytes(heaps.wasm).compare(bytes(heaps.plain)) !== 0) {
    // Not a number is one thing in many bit patterns, and engines may choose.
    const { wasm, plain } = heaps;
    const wrong = wasm.integers
      .subarray(0, SCRATCH)
      .findIndex(
        (bits, i) => bits !== plain.integers[i] && !(Number.isNaN(wasm.reals[i]) && Number.isNaN(plain.reals[i])),
      );
    expect(wrong, `element ${wrong}: ${wasm.reals[wrong]} in wasm, ${plain.reals[wrong]} in plain`).toBe(-1);
  }
  return { before, after: heaps.wasm.reals.subarray(0, SIZE) as Float32Array };
}

const [A, B, C] = [0, 20_000, 40_000];

describe('wasm and plain kernels give the same bits', () => {
  // Around the tiles' edges (2 × 16, 4 × 8), the packing threshold (12 rows) and the panel's depth (256).
  const extents = [1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 31, 33];
  const sizes: [m: number, n: number, k: number][] = [
    ...extents.flatMap((m) => extents.map((n): [number, number, number] => [m, n, 1 + ((m * 7 + n * 3) % 19)])),
    ...[1, 2, 255, 256, 257, 300, 512, 513].flatMap((k): [number, number, number][] => [
      [3, 20, k],
      [14, 9, k],
      [13, 16, k],
      [5, 32, k],
    ]),
  ];

  it.each([
    ['A·B', false, false],
    ['Aᵀ·B', true, false],
    ['A·Bᵀ', false, true],
    ['Aᵀ·Bᵀ', true, true],
  ])('matrixProduct %s', (_, ta, tb) => {
    for (const [m, n, k] of sizes) {
      for (const accumulate of [false, true]) {
        const { before, after } = expectSameBits(
          (kernels) => {
            kernels.matrixProduct(
              m,
              n,
              k,
              A,
              ta ? 1 : k,
              ta ? m : 1,
              B,
              tb ? 1 : n,
              tb ? k : 1,
              C,
              accumulate,
              m % 2 === 0,
              SCRATCH,
            );
          },
          m + n + k,
        );
        // Nothing beyond C is written.
        const beyond = C + m * n;
        expect(after.subarray(beyond, beyond + 64)).toEqual(before.subarray(beyond, beyond + 64));
      }
    }
  });

  it('matrixProduct is right', () => {
    const [m, n, k] = [13, 21, 300];
    const { after } = expectSameBits((kernels) => {
      kernels.matrixProduct(m, n, k, A + 64, k, 1, B, n, 1, C, false, false, SCRATCH);
    });
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += after[A + 64 + i * k + p]! * after[B + p * n + j]!;
        expect(Math.abs(after[C + i * n + j]! - sum)).toBeLessThan(1e-4);
      }
    }
  });

  it('needs no more scratch than it says', () => {
    const heap = createHeap('wasm');
    const [n, k] = [16, 700];
    const scratch = 200_000;
    heap.reals.fill(7, scratch, scratch + matrixScratch(k) + 64);
    heap.kernels.matrixProduct(20, n, k, 0, k, 1, 50_000, n, 1, 100_000, false, false, scratch);
    heap.kernels.matrixProduct(20, 5, k, 0, k, 1, 50_000, 1, k, 100_000, false, false, scratch);
    const beyond = heap.reals.subarray(scratch + matrixScratch(k), scratch + matrixScratch(k) + 64);
    expect(beyond.every((v) => v === 7)).toBe(true);
  });

  const convolutions: ConvolutionExtents[] = [];
  for (const [height, width] of [
    [1, 1],
    [4, 5],
    [9, 6],
    [14, 14],
    [5, 17],
  ] as const)
    for (const [kernelHeight, kernelWidth] of [
      [1, 1],
      [2, 3],
      [5, 5],
    ] as const)
      for (const stride of [1, 2, 3])
        for (const padding of [0, 1, 2, 4]) {
          const outHeight = Math.floor((height + 2 * padding - kernelHeight) / stride) + 1;
          const outWidth = Math.floor((width + 2 * padding - kernelWidth) / stride) + 1;
          if (outHeight < 1 || outWidth < 1) continue;
          convolutions.push({
            channels: 2,
            height,
            width,
            kernelHeight,
            kernelWidth,
            stride,
            padding,
            outHeight,
            outWidth,
          });
        }

  it('unfold', () => {
    for (const extents of convolutions) expectSameBits((kernels) => kernels.unfold(A, extents, B), 3);
  });

  it('fold', () => {
    for (const extents of convolutions) expectSameBits((kernels) => kernels.fold(B, extents, A), 4);
  });

  it('convolveTaps and correlateTaps', () => {
    const [table, y] = [30_000, 10_000];
    for (const filters of [1, 2, 3, 7, 8, 9, 16, 17]) {
      for (const [taps, length] of [
        [1, 16],
        [5, 32],
        [9, 48],
        [50, 304],
        [50, 17],
        [300, 45],
      ]) {
        for (const accumulate of [false, true]) {
          const within = (run: (kernels: Kernels) => void): void => {
            expectSameBits((kernels) => {
              for (const { integers } of Object.values(heaps))
                for (let tap = 0; tap < taps!; tap++) integers[table + tap] = (tap * 37) % 101;
              run(kernels);
            }, filters + taps!);
          };
          const bias = accumulate ? A : -1;
          const plane = length! + 5;
          within((k) =>
            k.convolveTaps(filters, length!, taps!, A + 64, B, table, C, plane, bias, filters % 2 === 0, SCRATCH),
          );
          within((k) => k.correlateTaps(taps!, filters, length! - 3, B, table, y, length!, C, accumulate, SCRATCH));
        }
      }
    }
  });

  it('transpose', () => {
    for (const rows of [1, 3, 4, 7, 32]) {
      for (const columns of [1, 3, 4, 5, 8, 25])
        expectSameBits((k) => k.transpose(A, columns + 2, rows, columns, B, rows + 3));
    }
  });

  it('addRows', () => {
    for (const columns of [1, 2, 3, 4, 5, 8, 13])
      expectSameBits((k) => k.addRows(A, columns, B, columns + 3, 5, columns));
  });

  it('copyRows', () => {
    for (const columns of [1, 2, 3, 4, 5, 8, 13])
      expectSameBits((k) => k.copyRows(A, 7 * columns + 3, columns + 1, B, 200, 17, 3, 5, columns));
  });

  it('maxPool', () => {
    for (const [height, width, size, stride] of [
      [4, 4, 2, 2],
      [5, 7, 2, 2],
      [28, 28, 2, 2],
      [9, 19, 2, 2],
      [6, 5, 3, 1],
      [7, 7, 3, 2],
      [3, 3, 3, 3],
      [10, 20, 3, 3],
      [6, 12, 3, 1],
      [6, 11, 2, 1],
    ] as const) {
      const outHeight = Math.floor((height - size) / stride) + 1;
      const outWidth = Math.floor((width - size) / stride) + 1;
      const extents = { planes: 3, height, width, size, stride, outHeight, outWidth };
      expectSameBits((kernels) => kernels.maxPool(A, extents, B, C), height);
      // Many equal values: the first must win.
      for (const heap of Object.values(heaps))
        heap.reals.subarray(A, A + 3 * height * width).forEach((v, i, all) => (all[i] = Math.sign(v)));
      for (const { kernels } of Object.values(heaps)) kernels.maxPool(A, extents, B, C);
      const places = 3 * outHeight * outWidth;
      expect(heaps.wasm.integers.slice(C, C + places)).toEqual(heaps.plain.integers.slice(C, C + places));
    }
  });

  const lengths = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 100, 1001];
  const vectors: [string, (kernels: Kernels, n: number) => void][] = [
    ['add', (k, n) => k.add(A, B, C, n)],
    ['sub', (k, n) => k.sub(A, B, C, n)],
    ['mul', (k, n) => k.mul(A, B, C, n)],
    ['div', (k, n) => k.div(A, B, C, n)],
    ['scale', (k, n) => k.scale(0.1, A, C, n)],
    ['gate', (k, n) => k.gate(A, B, 0, C, n)],
    ['gate, leaky, of itself', (k, n) => k.gate(A, A, 0.3, C, n)],
    ['repeat rows', (k, n) => k.repeat(A, 2, 3, n, C)],
    ['repeat elements', (k, n) => k.repeat(A, 5, n, 1, C)],
    ['sumRows', (k, n) => k.sumRows(A, 3, n, C)],
    ['sumColumns', (k, n) => k.sumColumns(A, 5, n, C)],
    ['addScaled', (k, n) => k.addScaled(-0.1, A, B, n)],
    ['proximal', (k, n) => k.proximal(0.1, A, B, C, n)],
    ['momentum', (k, n) => k.momentum(0.1, 0.9, A, B, C, n)],
    ['adam', (k, n) => k.adam(0.1, 0.9, 0.1, 0.999, 0.001, 1e-8, A, 10_000, B, C, n)],
  ];
  it.each(vectors)('%s', (_, run) => {
    for (const n of lengths) expectSameBits((kernels) => run(kernels, n), n);
  });
});

describe('heaps', () => {
  it.each(['wasm', 'plain', 'double'] as const)('%s keeps what it holds when it grows', (kind) => {
    const heap = createHeap(kind);
    const before = heap.reals.length;
    heap.reals[7] = 0.25;
    heap.integers[9] = -5;
    heap.reserve(before + 1);
    expect(heap.reals.length).toBeGreaterThan(before);
    expect([heap.reals[7], heap.integers[9]]).toEqual([0.25, -5]);
    heap.kernels.scale(2, 7, before, 1);
    expect(heap.reals[before]).toBe(0.5);
  });
});
