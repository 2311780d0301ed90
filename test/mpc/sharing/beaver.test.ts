import { describe, expect, it } from 'vitest';
import { Prg } from '../../../protocol/mpc/prg.ts';
import {
  finishLinear,
  prepareLinear,
  productShare,
  spreadBias,
  squareShare,
} from '../../../protocol/mpc/sharing/beaver.ts';
import { type LinearMap, mapSizes } from '../../../protocol/mpc/sharing/linear-map.ts';
import { ring32, ring64 } from '../../../protocol/mpc/sharing/ring.ts';
import { join, split } from '../../../protocol/mpc/sharing/shares.ts';
import type { Ring, Words } from '../../../protocol/mpc/sharing/types.ts';
import { codeOf } from '../../support/thrown.ts';
import { MAPS } from './maps.ts';
import { elements, smallRing } from './small-ring.ts';

const prg = (first: number): Prg => new Prg(Uint8Array.from({ length: 32 }, (_, i) => first + i));
const signed = <W extends Words>(ring: Ring<W>, words: W): bigint[] => [...ring.toSigned(words)];

/** The two-sided form for one query: what a dealer deals, what is opened, what both parties then hold. */
function twoSided<W extends Words>(ring: Ring<W>, map: LinearMap, batch: number, from: Prg) {
  const { inputs, weights: count } = mapSizes(map);
  const [w, b] = [ring.draw(from, count), ring.draw(from, count)];
  const shares = { w: split(ring, w, from), b: split(ring, b, from) };
  const masked = join(ring, ring.subtract(shares.w[0], shares.b[0]), ring.subtract(shares.w[1], shares.b[1]));
  const query = (): { x: W; results: [W, W]; classic: [W, W] } => {
    const [x, a] = [ring.draw(from, batch * inputs), ring.draw(from, batch * inputs)];
    const [xs, as] = [split(ring, x, from), split(ring, a, from)];
    const cs = split(ring, ring.apply(map, b, a, batch), from);
    const opened = join(ring, ring.subtract(xs[0], as[0]), ring.subtract(xs[1], as[1]));
    const party = (i: 0 | 1): W => {
      const base = prepareLinear(ring, map, masked, as[i], cs[i], batch);
      return finishLinear(ring, map, shares.w[i], opened, base, batch);
    };
    // The paper's: −i·E·F + W_i·F + E·X_i + C_i.
    const paper = (i: 0 | 1): W => {
      const sum = ring.add(ring.apply(map, shares.w[i], opened, batch), ring.apply(map, masked, xs[i], batch));
      ring.addInto(sum, cs[i]);
      if (i === 1) ring.subtractInto(sum, ring.apply(map, masked, opened, batch));
      return sum;
    };
    return { x, results: [party(0), party(1)], classic: [paper(0), paper(1)] };
  };
  return { w, query };
}

function holdsFor<W extends Words>(ring: Ring<W>): void {
  it.each(MAPS)('two-sided: shares join to the map of the inputs, for many queries under one mask (%o)', (map) => {
    for (const batch of [1, 3]) {
      const { w, query } = twoSided(ring, map, batch, prg(batch));
      for (let i = 0; i < 3; i++) {
        const { x, results, classic } = query();
        const expected = signed(ring, ring.apply(map, w, x, batch));
        expect(signed(ring, join(ring, ...results))).toEqual(expected);
        expect(signed(ring, join(ring, ...classic))).toEqual(expected);
      }
    }
  });

  it.each(MAPS)('one-sided: the asker’s share is known before the query, and the bias is added once (%o)', (map) => {
    const from = prg(11);
    const { inputs, outputs, weights: count } = mapSizes(map);
    const batch = 2;
    const [w, b] = [ring.draw(from, count), ring.draw(from, count)];
    const a = ring.draw(from, batch * inputs);
    const [c0, c1] = split(ring, ring.apply(map, b, a, batch), from);
    const bias = spreadBias(ring, map, ring.draw(from, map.kind === 'dense' ? outputs : map.filters), batch);
    const masked = ring.subtract(w, b);
    const asker = prepareLinear(ring, map, masked, a, c1, batch);
    // Only now are there inputs.
    const x = ring.draw(from, batch * inputs);
    const [x0, x1] = split(ring, x, from);
    const sent = ring.subtract(x1, a);
    const owner = finishLinear(ring, map, w, ring.add(x0, sent), ring.add(c0, bias), batch);
    const expected = signed(ring, ring.add(ring.apply(map, w, x, batch), bias));
    expect(signed(ring, join(ring, owner, asker))).toEqual(expected);
    // Weights that are prepared once give the same.
    const prepared = ring.prepare([w, masked].map((weights) => ({ map, weights })));
    const again = finishLinear(ring, map, prepared.maps[0]!, ring.add(x0, sent), ring.add(c0, bias), batch);
    expect(signed(ring, again)).toEqual(signed(ring, owner));
    expect(signed(ring, prepareLinear(ring, map, prepared.maps[1]!, a, c1, batch))).toEqual(signed(ring, asker));
    prepared.wipe();
  });

  it('squares and multiplies element by element', () => {
    const from = prg(21);
    const count = 33;
    const [x, y, a, b] = [0, 1, 2, 3].map(() => ring.draw(from, count)) as [W, W, W, W];
    const as = split(ring, a, from);
    const bs = split(ring, b, from);
    const squares = split(ring, ring.multiply(a, a), from);
    const products = split(ring, ring.multiply(a, b), from);
    const [e, f] = [ring.subtract(x, a), ring.subtract(y, b)];
    const square = ([0, 1] as const).map((i) => squareShare(ring, i, e, { a: as[i], c: squares[i] })) as [W, W];
    expect(signed(ring, join(ring, ...square))).toEqual(signed(ring, ring.multiply(x, x)));
    const product = ([0, 1] as const).map((i) =>
      productShare(ring, i, e, f, { a: as[i], b: bs[i], c: products[i] }),
    ) as [W, W];
    expect(signed(ring, join(ring, ...product))).toEqual(signed(ring, ring.multiply(x, y)));
  });

  it('adds a bias for each output of a dense map, and for each filter of a convolution', () => {
    const bias = ring.fromSigned([5n, -6n]);
    const dense: LinearMap = { kind: 'dense', inputs: 3, outputs: 2 };
    expect(signed(ring, spreadBias(ring, dense, bias, 2))).toEqual([5n, -6n, 5n, -6n]);
    const convolution = { ...MAPS[5]!, filters: 2 } as LinearMap;
    const plane = (value: bigint): bigint[] => new Array<bigint>(15).fill(value);
    const image = [...plane(5n), ...plane(-6n)];
    expect(signed(ring, spreadBias(ring, convolution, bias, 2))).toEqual([...image, ...image]);
    expect(codeOf(() => spreadBias(ring, dense, ring.zeros(3), 1))).toBe('wire-bounds');
  });

  it('refuses correlations of another size than the map’s', () => {
    const map: LinearMap = { kind: 'dense', inputs: 2, outputs: 2 };
    expect(codeOf(() => prepareLinear(ring, map, ring.zeros(4), ring.zeros(2), ring.zeros(4), 1))).toBe('wire-bounds');
    expect(codeOf(() => finishLinear(ring, map, ring.zeros(4), ring.zeros(4), ring.zeros(4), 1))).toBe('wire-bounds');
  });
}

describe('Beaver products over the ring of 32 bits', () => holdsFor(ring32));
describe('Beaver products over the ring of 64 bits', () => holdsFor(ring64));

describe('Beaver products over a ring of 2 bits', () => {
  const one: LinearMap = { kind: 'dense', inputs: 1, outputs: 1 };
  const ring = smallRing(2);
  const word = (value: number): Uint32Array => Uint32Array.of(value);
  const all = elements(2);

  /**
   * Runs the one-sided form for every mask and every sharing, and counts what each party sees of the other, beside what it
   * is dealt itself, as one text for each view.
   */
  function views(w: number, x: number, masks: readonly number[]): { owner: string; asker: string } {
    const owner: string[] = [];
    const asker: string[] = [];
    for (const b of masks) {
      for (const a of masks) {
        for (const c1 of all) {
          for (const x0 of all) {
            const c0 = ring.subtract(word(b * a), word(c1));
            const x1 = ring.subtract(word(x), word(x0));
            const masked = ring.subtract(word(w), word(b));
            const share1 = prepareLinear(ring, one, masked, word(a), word(c1), 1);
            const sent = ring.subtract(x1, word(a));
            const share0 = finishLinear(ring, one, word(w), ring.add(word(x0), sent), c0, 1);
            expect([...join(ring, share0, share1)]).toEqual([(w * x) % 4]);
            owner.push([b, c0, x0, sent].join());
            asker.push([a, c1, x1, masked, share1].join());
          }
        }
      }
    }
    return { owner: owner.sort().join(' '), asker: asker.sort().join(' ') };
  }

  it('are right for all values, masks and shares, and show neither party what the other holds', () => {
    const reference = all.map((w) => views(w, 0, all));
    for (const w of all) {
      for (const x of all) {
        const seen = views(w, x, all);
        expect(seen.owner).toBe(reference[w]!.owner);
        expect(seen.asker).toBe(reference[0]!.asker);
      }
    }
  });

  it('would show both what the other holds without masks', () => {
    const unmasked = views(1, 1, [0]);
    expect(unmasked.owner).not.toBe(views(1, 2, [0]).owner);
    expect(unmasked.asker).not.toBe(views(2, 1, [0]).asker);
  });
});
