import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { CairnError } from '../../protocol/errors.ts';
import { dirichletShards, iidShards, subset } from '../../training/data/index.ts';
import type { Dataset } from '../../training/data/index.ts';

/** The code of the CairnError that `act` throws; `undefined` where it throws none. */
function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof CairnError) return thrown.code;
    throw thrown;
  }
}

const cutters = {
  iid: iidShards,
  'dirichlet 0.01': (labels: ArrayLike<number>, count: number, seed: number) =>
    dirichletShards(labels, count, 0.01, seed),
  'dirichlet 1': (labels: ArrayLike<number>, count: number, seed: number) => dirichletShards(labels, count, 1, seed),
  'dirichlet 10^-6': (labels: ArrayLike<number>, count: number, seed: number) =>
    dirichletShards(labels, count, 1e-6, seed),
  'dirichlet 10^6': (labels: ArrayLike<number>, count: number, seed: number) =>
    dirichletShards(labels, count, 1e6, seed),
};

describe.each(Object.entries(cutters))('%s shards', (_, cut) => {
  it('hold every example once, and none is empty', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300, max: 9 }),
        fc.integer({ min: 1, max: 40 }),
        fc.maxSafeNat(),
        (labels, wanted, seed) => {
          const count = Math.min(wanted, labels.length);
          const shards = cut(labels, count, seed);
          expect(shards).toHaveLength(count);
          expect(Math.min(...shards.map((shard) => shard.length))).toBeGreaterThanOrEqual(1);
          expect(shards.flat().sort((a, b) => a - b)).toEqual(Array.from(labels, (__, index) => index));
          expect(cut(labels, count, seed)).toEqual(shards);
        },
      ),
    );
  });

  it('differ by seed', () => {
    const labels = Uint8Array.from({ length: 1000 }, (__, index) => index % 10);
    expect(cut(labels, 7, 1)).not.toEqual(cut(labels, 7, 2));
    // Seeds beyond 32 bits count in full.
    expect(cut(labels, 7, 1)).not.toEqual(cut(labels, 7, 1 + 2 ** 32));
  });

  it('refuse what cannot be cut', () => {
    expect(codeOf(() => cut(new Uint8Array(3), 4, 0))).toBe('data-empty');
    expect(codeOf(() => cut(new Uint8Array(0), 1, 0))).toBe('data-empty');
    for (const count of [0, -1, 1.5, NaN]) {
      expect(codeOf(() => cut(new Uint8Array(3), count, 0))).toBe('settings-invalid');
    }
    for (const seed of [-1, 0.5, NaN, 2 ** 53]) {
      expect(codeOf(() => cut(new Uint8Array(3), 2, seed))).toBe('settings-invalid');
    }
  });
});

describe('iidShards', () => {
  it('differ in length by one at most', () => {
    const lengths = iidShards(new Uint8Array(103), 10, 5).map((shard) => shard.length);
    expect(lengths.filter((length) => length === 10)).toHaveLength(7);
    expect(lengths.filter((length) => length === 11)).toHaveLength(3);
  });

  it('mix the classes', () => {
    // Sorted labels: without a shuffle each shard would hold one class.
    const labels = Uint8Array.from({ length: 5000 }, (_, index) => Math.floor(index / 500));
    for (const shard of iidShards(labels, 10, 3)) {
      const counts = new Array<number>(10).fill(0);
      for (const index of shard) counts[labels[index]!]!++;
      // Hypergeometric around 50; the seed is fixed, so this either holds or does not.
      for (const count of counts) expect(Math.abs(count - 50)).toBeLessThan(30);
    }
  });

  it('are pinned: the same seed is the same shards on every machine and in every version', () => {
    expect(iidShards(new Uint8Array(10), 3, 42)).toEqual([
      [1, 7, 5],
      [0, 4, 3],
      [6, 9, 2, 8],
    ]);
  });
});

describe('dirichletShards', () => {
  const oneClass = new Uint8Array(4000);

  /** Mean and variance of the first shard's proportion of one class over many seeds. */
  function moments(count: number, alpha: number): { mean: number; variance: number } {
    const values = Array.from({ length: 600 }, (_, seed) => {
      return dirichletShards(oneClass, count, alpha, seed)[0]!.length / oneClass.length;
    });
    const mean = values.reduce((a, b) => a + b) / values.length;
    return { mean, variance: values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length };
  }

  it.each([0.2, 0.5, 1, 3, 20])('have the moments of the distribution at alpha %d', (alpha) => {
    const count = 4;
    const { mean, variance } = moments(count, alpha);
    const expected = ((1 / count) * (1 - 1 / count)) / (count * alpha + 1);
    // Five standard errors of the mean; the variance within a third of itself.
    expect(Math.abs(mean - 1 / count)).toBeLessThan(5 * Math.sqrt(expected / 600));
    expect(variance / expected).toBeGreaterThan(0.67);
    expect(variance / expected).toBeLessThan(1.33);
  });

  it('hold few classes where alpha is small, and all where it is large', () => {
    const labels = Uint8Array.from({ length: 10_000 }, (_, index) => index % 10);
    const classes = (alpha: number): number => {
      const held = dirichletShards(labels, 10, alpha, 9).map((shard) => new Set(shard.map((i) => labels[i])).size);
      return held.reduce((a, b) => a + b) / 10;
    };
    expect(classes(0.01)).toBeLessThan(3);
    expect(classes(100)).toBe(10);
  });

  it('refuse an alpha out of range', () => {
    for (const alpha of [0, -1, NaN, Infinity]) {
      expect(codeOf(() => dirichletShards(oneClass, 4, alpha, 0))).toBe('settings-invalid');
    }
  });

  it('are pinned', () => {
    const labels = Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1);
    expect(dirichletShards(labels, 3, 0.7, 42)).toEqual([
      [2, 0, 8, 11, 3, 1, 9],
      [4, 7],
      [6, 10, 5],
    ]);
    // Long enough that a draw rejected wrongly, or a last bit, shows.
    const many = Uint8Array.from({ length: 60_000 }, (_, index) => index % 10);
    expect(dirichletShards(many, 8, 0.7, 7).map((shard) => shard.length)).toEqual([
      7743, 7474, 7007, 4221, 7806, 5932, 8275, 11542,
    ]);
  });
});

describe('subset', () => {
  const dataset: Dataset = {
    inputs: Float32Array.of(0, 0.1, 0.2, 0.3, 0.4, 0.5),
    labels: Uint8Array.of(7, 8, 9),
    examples: 3,
    inputSize: 2,
    inputShape: [1, 1, 2],
    classes: 10,
  };

  it('copies the named examples in their order', () => {
    const part = subset(dataset, [2, 0, 2]);
    expect(part).toEqual({
      ...dataset,
      examples: 3,
      inputs: Float32Array.of(0.4, 0.5, 0, 0.1, 0.4, 0.5),
      labels: Uint8Array.of(9, 7, 9),
    });
    part.inputs.fill(1);
    expect(dataset.inputs[0]).toBe(0);
  });

  it('refuses examples that are not there', () => {
    for (const index of [-1, 3, 0.5, NaN]) expect(codeOf(() => subset(dataset, [0, index]))).toBe('settings-invalid');
    expect(codeOf(() => subset(dataset, []))).toBe('data-empty');
  });
});
