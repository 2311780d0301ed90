import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { CairnError } from '../../protocol/errors.ts';
import { completeGraph, permutationFrom, ringGraph } from '../../protocol/schemes/secagg/graph/index.ts';
import type { Graph } from '../../protocol/schemes/secagg/graph/index.ts';

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

const identity = (n: number): Uint32Array => Uint32Array.from({ length: n }, (_, index) => index);

/** Draws from a list of 32-bit words, reduced: uniform enough to shuffle test graphs. */
const drawing = (words: readonly number[]): ((bound: number) => number) => {
  let next = 0;
  return (bound) => words[next++ % words.length]! % bound;
};

/** A ring with any even degree and any permutation. */
const rings = fc
  .integer({ min: 3, max: 80 })
  .chain((n) =>
    fc.tuple(
      fc.constant(n),
      fc.integer({ min: 1, max: Math.floor((n - 1) / 2) }),
      fc.array(fc.nat(), { minLength: n, maxLength: n }),
    ),
  )
  .map(([n, half, words]) => ringGraph(n, 2 * half, permutationFrom(n, drawing(words))));

const graphs = fc.oneof(rings, fc.integer({ min: 2, max: 60 }).map(completeGraph));

function expectRegular(graph: Graph): void {
  const sets = Array.from({ length: graph.n }, (_, index) => graph.neighbours(index));
  sets.forEach((neighbours, index) => {
    expect(neighbours).toHaveLength(graph.degree);
    expect(neighbours).not.toContain(index);
    neighbours.forEach((other, i) => {
      if (i > 0) expect(other).toBeGreaterThan(neighbours[i - 1]!);
      expect(sets[other]).toContain(index);
    });
  });
}

describe('graphs', () => {
  it('are symmetric, regular, ascending and without loops', () => {
    fc.assert(fc.property(graphs, expectRegular));
  });

  it('place each neighbour where it stands in the list, and each member among the holders of its own secrets', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        for (let index = 0; index < graph.n; index++) {
          const neighbours = graph.neighbours(index);
          neighbours.forEach((other, place) => expect(graph.placeOf(index, other)).toBe(place));
          expect(graph.holders(index)).toEqual([...neighbours, index].sort((a, b) => a - b));
        }
      }),
    );
  });

  it('have no place for who is no neighbour', () => {
    expect(codeOf(() => completeGraph(5).placeOf(2, 2))).toBe('member-unknown');
    expect(codeOf(() => completeGraph(5).placeOf(2, 5))).toBe('member-unknown');
    expect(codeOf(() => ringGraph(7, 2, identity(7)).placeOf(2, 2))).toBe('member-unknown');
    expect(codeOf(() => ringGraph(7, 2, identity(7)).placeOf(2, 4))).toBe('member-unknown');
  });

  it('know no member outside', () => {
    for (const graph of [completeGraph(5), ringGraph(5, 2, identity(5))]) {
      for (const index of [-1, 5, 1.5, NaN]) {
        expect(codeOf(() => graph.neighbours(index))).toBe('member-unknown');
      }
    }
  });
});

describe('completeGraph', () => {
  it('joins everybody with everybody', () => {
    const graph = completeGraph(4);
    expect(graph.degree).toBe(3);
    expect([0, 1, 2, 3].map((index) => graph.neighbours(index))).toEqual([
      [1, 2, 3],
      [0, 2, 3],
      [0, 1, 3],
      [0, 1, 2],
    ]);
  });

  it('has at least two members', () => {
    expect(codeOf(() => completeGraph(1))).toBe('settings-invalid');
    expect(codeOf(() => completeGraph(2.5))).toBe('settings-invalid');
  });
});

describe('ringGraph', () => {
  it('joins positions ±1 … ±degree/2 of the permuted ring', () => {
    const graph = ringGraph(7, 4, Uint32Array.of(3, 6, 0, 5, 1, 4, 2));
    expect(graph.neighbours(3)).toEqual([0, 2, 4, 6]);
    expect(graph.neighbours(5)).toEqual([0, 1, 4, 6]);
  });

  it('is the complete graph at degree n − 1', () => {
    const ring = ringGraph(7, 6, identity(7));
    const complete = completeGraph(7);
    for (let index = 0; index < 7; index++) expect(ring.neighbours(index)).toEqual(complete.neighbours(index));
  });

  it('keeps its own copy of the permutation', () => {
    const permutation = identity(6);
    const graph = ringGraph(6, 2, permutation);
    permutation.reverse();
    permutation[0] = 3;
    expect(graph.neighbours(0)).toEqual([1, 5]);
  });

  it.each([
    ['an odd degree', 10, 3, identity(10)],
    ['degree 0', 10, 0, identity(10)],
    ['a degree of n', 10, 10, identity(10)],
    ['two members', 2, 2, identity(2)],
    ['a short permutation', 10, 2, identity(9)],
    ['a repeated index', 4, 2, Uint32Array.of(0, 1, 1, 3)],
    ['an index outside', 4, 2, Uint32Array.of(0, 1, 2, 4)],
  ])('refuses %s', (_, n, degree, permutation) => {
    expect(codeOf(() => ringGraph(n, degree, permutation))).toBe('settings-invalid');
  });
});

describe('permutationFrom', () => {
  it('draws below n, n − 1, …, 2 in this order and swaps i with what came', () => {
    const bounds: number[] = [];
    const answers = [0, 3, 1, 0];
    const permutation = permutationFrom(5, (bound) => {
      bounds.push(bound);
      return answers[bounds.length - 1]!;
    });
    expect(bounds).toEqual([5, 4, 3, 2]);
    // 01234 → swap(4, 0) 41230 → swap(3, 3) → swap(2, 1) 42130 → swap(1, 0) 24130
    expect([...permutation]).toEqual([2, 4, 1, 3, 0]);
  });

  it('is a permutation whatever is drawn', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 200 }),
        (n, words) => {
          expect([...permutationFrom(n, drawing(words))].sort((a, b) => a - b)).toEqual([...identity(n)]);
        },
      ),
    );
  });

  it('reaches every permutation by exactly one sequence of draws', () => {
    const seen = new Set<string>();
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b < 3; b++) {
        for (let c = 0; c < 2; c++) {
          const draws = [a, b, c];
          seen.add(permutationFrom(4, () => draws.shift()!).join());
        }
      }
    }
    expect(seen.size).toBe(24);
  });

  it('refuses draws outside their bound', () => {
    for (const draw of [-1, 0.5, 9, NaN]) expect(codeOf(() => permutationFrom(4, () => draw))).toBe('internal');
  });
});
