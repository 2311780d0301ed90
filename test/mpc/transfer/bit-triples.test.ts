import { describe, expect, it } from 'vitest';
import { packRows } from '../../../protocol/mpc/slices.ts';
import { bitTriples } from '../../../protocol/mpc/transfer/index.ts';
import { runPair } from '../../../protocol/mpc/turn.ts';
import { aes, bothWays, deviation, onesOf, prgOf, xorOf } from './fixtures.ts';

const setup = bothWays(1);

function run(rows: number, lanes: number) {
  const pair = runPair(
    bitTriples(setup[0], rows, lanes, prgOf(10 * lanes)),
    bitTriples(setup[1], rows, lanes, prgOf(10 * lanes + 1)),
    aes,
  );
  const shares = pair.results.map(({ a, b, c }) => ({ a: packRows(a), b: packRows(b), c: packRows(c) }));
  return { ...pair, shares };
}

describe('AND triples by transfers', () => {
  it.each([
    [1, 1],
    [3, 8],
    [5, 131],
    [40, 2000],
  ])('satisfy (a ⊕ a’) · (b ⊕ b’) = c ⊕ c’ in %i rows of %i lanes', (rows, lanes) => {
    const [x, y] = run(rows, lanes).shares;
    const [a, b, c] = (['a', 'b', 'c'] as const).map((name) => xorOf(x![name], y![name]));
    expect(c).toEqual(a!.map((byte, i) => byte & b![i]!));
    expect(c!.length).toBe(rows * Math.ceil(lanes / 8));
  });

  it('have shares and values without a bias', () => {
    const { shares } = run(64, 1024);
    const bits = 64 * 1024;
    for (const name of ['a', 'b', 'c'] as const) {
      for (const share of shares) expect(deviation(onesOf(share[name]), bits)).toBeLessThan(5);
    }
    // c is 1 in a quarter of the triples: standard deviation √(3/16 · bits).
    const ones = onesOf(xorOf(shares[0]!.c, shares[1]!.c));
    expect(Math.abs(ones - bits / 4) / Math.sqrt((3 / 16) * bits)).toBeLessThan(5);
  });

  it('send nothing but the extension’s messages, in one trip for each 65 536', () => {
    const { received, trips } = run(9, 8192);
    expect(received.map((messages) => messages.map(({ length }) => length))).toEqual([
      [2 ** 20, 2 ** 17],
      [2 ** 20, 2 ** 17],
    ]);
    expect(trips).toBe(2);
  });

  it('are other ones at each call', () => {
    const [first, second] = [run(4, 256), run(4, 256)];
    expect(first.shares[0]!.b).not.toEqual(second.shares[0]!.b);
  });
});
