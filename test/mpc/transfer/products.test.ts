import { describe, expect, it } from 'vitest';
import type { LinearMap } from '../../../protocol/mpc/sharing/linear-map.ts';
import { mapSizes, ring32, ring64, type Ring, type Words } from '../../../protocol/mpc/sharing/index.ts';
import { batchesOf, runsOf } from '../../../protocol/mpc/transfer/product-plan.ts';
import { type ProductInput, shareProducts } from '../../../protocol/mpc/transfer/index.ts';
import { runPair } from '../../../protocol/mpc/turn.ts';
import { codeOf } from '../../support/thrown.ts';
import { aes, bothWays, prgOf } from './fixtures.ts';

const dense: LinearMap = { kind: 'dense', inputs: 7, outputs: 5 };
const conv: LinearMap = {
  kind: 'convolution',
  channels: 2,
  height: 6,
  width: 7,
  filters: 3,
  size: 3,
  stride: 2,
  padding: 1,
};
/** A stride that leaves the last column and row unused. */
const sparse: LinearMap = { ...conv, channels: 1, height: 5, width: 5, size: 2, stride: 3, padding: 0 };

const setup = bothWays(1);
const same = (_: Uint8Array, blocks: Uint8Array): Uint8Array => blocks;

function draw<W extends Words>(ring: Ring<W>, map: LinearMap, batch: number, seed: number): ProductInput<W> {
  const { weights, inputs } = mapSizes(map);
  const prg = prgOf(seed);
  return { weights: ring.draw(prg, weights), inputs: ring.draw(prg, batch * inputs) };
}

/** Runs both parties, and the product that their shares should come to. */
function run<W extends Words>(ring: Ring<W>, map: LinearMap, batch: number) {
  const [x, y] = [draw(ring, map, batch, 100), draw(ring, map, batch, 200)];
  const pair = runPair(shareProducts(ring, map, batch, x, setup[0]), shareProducts(ring, map, batch, y, setup[1]), aes);
  const product = ring.apply(map, ring.add(x.weights, y.weights), ring.add(x.inputs, y.inputs), batch);
  return { ...pair, product };
}

describe.each([
  ['a matrix', dense, 1],
  ['a matrix, in a batch', dense, 4],
  ['a convolution', conv, 1],
  ['a convolution with unused pixels, in a batch', sparse, 3],
] as const)('shares of the products of %s', (_, map, batch) => {
  it('add up to the product modulo 2^32', () => {
    const { results, product } = run(ring32, map, batch);
    expect([...ring32.add(...results)]).toEqual([...product]);
    expect([...results[0]]).not.toEqual([...product]);
  });

  it('add up to the product modulo 2^64', () => {
    const { results, product } = run(ring64, map, batch);
    expect([...ring64.add(...results)]).toEqual([...product]);
  });
});

describe('products by transfers', () => {
  it('send for bit j of a number only the bytes that its upper bits need', () => {
    const batches = batchesOf(runsOf(dense), 1, 64);
    const bytes = batches.reduce((sum, { messageBytes }) => sum + messageBytes, 0);
    // 8 bits each of 8, 7, … 1 bytes.
    expect(bytes).toBe(7 * 5 * 8 * 36);
    const { received } = run(ring64, dense, 1);
    const message = received[0].at(-1)!;
    expect(message.length).toBe(bytes);
  });

  it('keep messages within 1 MiB and 65 536 transfers, in one trip a batch, and add up over several', () => {
    const large: LinearMap = { kind: 'dense', inputs: 40, outputs: 300 };
    const { results, product, received, trips } = run(ring64, large, 2);
    expect([...ring64.add(...results)]).toEqual([...product]);
    const lengths = received.flat().map((message) => message.length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(2 ** 20);
    const batches = batchesOf(runsOf(large), 2, 64);
    expect(batches.length).toBeGreaterThan(5);
    expect(trips).toBe(batches.length + 1);
    const narrow = batchesOf(runsOf({ kind: 'dense', inputs: 900, outputs: 1 }), 2, 64);
    expect(narrow.map(({ transfers }) => transfers)).toEqual([65_536, 900 * 2 * 64 - 65_536]);
  });

  it('are in every byte of the messages as random as a pad', () => {
    // All weights 0: what is sent is zero − one, and would show at once if either pad were missing.
    const zero = { weights: ring32.zeros(35), inputs: ring32.zeros(7) };
    const { received } = runPair(
      shareProducts(ring32, dense, 1, zero, setup[0]),
      shareProducts(ring32, dense, 1, zero, setup[1]),
      aes,
    );
    const counts = new Uint32Array(256);
    for (const byte of received[0].at(-1)!) counts[byte]!++;
    const total = received[0].at(-1)!.length;
    const chi = counts.reduce((sum, count) => sum + (count - total / 256) ** 2 / (total / 256), 0);
    // 255 degrees of freedom: mean 255, standard deviation 22.6.
    expect(chi).toBeLessThan(255 + 6 * 22.6);
  });

  it('would show the weights if labels were not hashed: with the identity as permutation all pads are zero', () => {
    const own = draw(ring64, dense, 1, 300);
    const sent = [same, aes].map((permutation) => {
      const { received } = runPair(
        shareProducts(ring64, dense, 1, own, setup[0]),
        shareProducts(ring64, dense, 1, own, setup[1]),
        permutation,
      );
      // Bit 0 comes first: 7 transfers of 5 whole weights.
      return received[0].at(-1)!.subarray(0, 8 * 35);
    });
    expect(sent[0]).toEqual(ring64.toBytes(own.weights));
    expect(sent[1]).not.toEqual(ring64.toBytes(own.weights));
  });

  it('refuse vectors of other lengths than the map’s, and maps whose products of one number exceed a message', () => {
    const own = draw(ring32, dense, 1, 1);
    expect(codeOf(() => shareProducts(ring32, dense, 2, own, setup[0]).next())).toBe('wire-bounds');
    const wide: LinearMap = { kind: 'dense', inputs: 1, outputs: 2 ** 18 + 1 };
    expect(codeOf(() => batchesOf(runsOf(wide), 1, 32))).toBe('wire-bounds');
  });
});
