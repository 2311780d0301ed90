import { describe, expect, test } from 'vitest';

// The theorem behind the proof of a false dealing, by exhaustion: over fields of 5 and 7 elements every owner's polynomial,
// every choice of at most c liars and every value that they may show is gone through. What the product decides by is held
// against the same criterion in dealing.test.ts, over the field that it uses.

interface Size {
  readonly p: number;
  readonly m: number;
  readonly t: number;
  readonly c: number;
}

/** All vectors of a length over the field. */
function* vectors(p: number, length: number): Generator<number[]> {
  const vector = new Array<number>(length).fill(0);
  for (;;) {
    yield [...vector];
    let at = 0;
    while (at < length && ++vector[at]! === p) vector[at++] = 0;
    if (at === length) return;
  }
}

/** The values at 1 … m of every polynomial of degree below t, with its value at 0. */
function polynomials({ p, m, t }: Size): { readonly secret: number; readonly values: readonly number[] }[] {
  return [...vectors(p, t)].map((coefficients) => ({
    secret: coefficients[0]!,
    values: Array.from({ length: m }, (_, i) =>
      coefficients.reduceRight((value, coefficient) => (value * (i + 1) + coefficient) % p, 0),
    ),
  }));
}

const misses = (values: readonly number[], shown: readonly number[]): number =>
  values.reduce((sum, value, i) => sum + (value === shown[i] ? 0 : 1), 0);

function* subsets(m: number, size: number, from = 0): Generator<number[]> {
  if (size === 0) yield [];
  for (let first = from; first < m && size > 0; first++) {
    for (const rest of subsets(m, size - 1, first + 1)) yield [first, ...rest];
  }
}

/**
 * Every word that c liars can make of an honest owner's shares. By linearity the owner's polynomial may be taken for
 * zero: adding any other to all shares changes no number of misses, and moves secrets alike.
 */
function* words({ p, m, c }: Size): Generator<number[]> {
  for (const liars of subsets(m, Math.min(c, m))) {
    for (const told of vectors(p, liars.length)) {
      const word = new Array<number>(m).fill(0);
      liars.forEach((liar, i) => (word[liar] = told[i]!));
      yield word;
    }
  }
}

/** Whether liars can have a wrong secret's polynomial miss at most e of the shares. */
function wrongWithin(size: Size, e: number): boolean {
  const wrong = polynomials(size).filter(({ secret }) => secret !== 0);
  for (const word of words(size)) if (wrong.some(({ values }) => misses(values, word) <= e)) return true;
  return false;
}

const sizes: Size[] = [];
for (const p of [5, 7]) {
  for (let m = 2; m < p; m++) {
    for (let t = 2; t <= m; t++) for (let c = 0; c <= Math.min(2, m - 1); c++) sizes.push({ p, m, t, c });
  }
}
const feasible = sizes.filter(({ p, t, c }) => p ** (t + c) <= 60_000);

describe('the criterion of a false dealing, over small fields', () => {
  test.each(feasible)('never convicts an honest owner: p = $p, m = $m, t = $t, c = $c', (size) => {
    const right = polynomials(size).filter(({ secret }) => secret === 0);
    for (const word of words(size)) {
      expect(right.some(({ values }) => misses(values, word) <= size.c)).toBe(true);
    }
  });

  test.each(feasible)('lets no right secret be lacked below m = t + c: p = $p, m = $m, t = $t, c = $c', (size) => {
    const { p, m, t, c } = size;
    const right = polynomials(size).filter(({ secret }) => secret === 0);
    let convicted = false;
    for (const word of vectors(p, m)) convicted ||= !right.some(({ values }) => misses(values, word) <= c);
    expect(convicted).toBe(m >= t + c);
  });

  test('a wrong secret that misses e shares convicts exactly from m = t + c + e on: no frame there, always one at one less', () => {
    let seen = 0;
    for (const size of feasible) {
      const { m, t, c } = size;
      for (let e = 0; e <= m - t; e++) {
        expect({ size, e, framed: wrongWithin(size, e) }).toEqual({ size, e, framed: m < t + c + e });
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(60);
  });
});
