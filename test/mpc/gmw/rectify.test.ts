import { describe, expect, it } from 'vitest';
import { rectifyCircuit } from '../../../protocol/mpc/circuits/index.ts';
import type { Correlations } from '../../../protocol/mpc/dealer/index.ts';
import { wipe } from '../../../protocol/mpc/dealer/wipe.ts';
import { rectify, rectifyDemands } from '../../../protocol/mpc/gmw/index.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';
import type { Ring } from '../../../protocol/mpc/sharing/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { deal, type Pair, watched } from './dealing.ts';
import { allShares, chiSquare, drawn, edges, type Protocol, rings, runOn, runShared } from './words.ts';

const prg = new Prg(new Uint8Array(32).fill(21));

const rectified = (value: bigint, shift: number): bigint => (value < 0n ? 0n : value >> BigInt(shift));

function protocolOf(ring: Ring, shift: number): Protocol {
  return (party, share, correlations) => rectify(ring, party, share, correlations, shift);
}

describe.each(rings)('ReLU with an exact shift on $bits bits', ({ bits, ring }) => {
  const demands = (count: number, shift: number) => rectifyDemands(bits, count, shift);

  it.each([0, 1, 2, 8, 12, 13, bits - 2, bits - 1])('is ⌊max(z, 0) / 2^shift⌋ for a shift of %i', (shift) => {
    const values = [...edges(bits), ...drawn(ring, prg, 1000), ...drawn(ring, prg, 200).map((value) => value >> 17n)];
    const { opened } = runOn(ring, prg, demands(values.length, shift), values, protocolOf(ring, shift));
    expect(opened).toEqual(values.map((value) => rectified(value, shift)));
  });

  it.each([0, 1, 3, 4, 5, bits - 4, bits - 1])('is exact for all carries into and out of a shift of %i', (shift) => {
    const shares = allShares(ring);
    const values = [...ring.toSigned(ring.add(...shares))];
    const { opened } = runShared(ring, prg, demands(values.length, shift), shares, protocolOf(ring, shift));
    const wrong = values.filter((value, lane) => opened[lane] !== rectified(value, shift));
    expect(wrong).toEqual([]);
  });

  it.each([1, 5, 127, 128, 129])('works on %i values', (count) => {
    const values = drawn(ring, prg, count);
    const { opened } = runOn(ring, prg, demands(count, 9), values, protocolOf(ring, 9));
    expect(opened).toEqual(values.map((value) => rectified(value, 9)));
  });

  it('takes an exchange for each level of its circuit and one for all that is opened', () => {
    for (const shift of [0, 12]) {
      const { ands, depth } = rectifyCircuit(bits, shift);
      const { trips, received } = runOn(ring, prg, demands(130, shift), drawn(ring, prg, 130), protocolOf(ring, shift));
      expect(depth).toBe(Math.log2(bits));
      expect(trips).toBe(depth + 1);
      for (const messages of received) {
        expect(messages).toHaveLength(depth + 1);
        const bytes = messages.reduce((sum, { length }) => sum + length, 0);
        expect(bytes).toBe((2 * ands + (shift === 0 ? 1 : 3)) * 17 + 130 * ring.bytes);
      }
    }
  });

  it('sends uniform bytes and gives uniform shares, whatever the values and their shares are', () => {
    for (const value of [0n, -1n, 12_345n]) {
      const count = 8192;
      const known = ring.fromSigned(new BigInt64Array(count).fill(value));
      const { received, results } = runShared(
        ring,
        prg,
        demands(count, 12),
        [known, ring.zeros(count)],
        protocolOf(ring, 12),
      );
      // Six deviations more than the average, for every message and share.
      for (const bytes of [...received.flat(), ...results.map((share) => ring.toBytes(share))]) {
        expect(chiSquare(bytes)).toBeLessThan(255 + 6 * 23);
      }
    }
  });

  it('sends what is far from uniform if nothing masks it', () => {
    const count = 8192;
    const known = ring.fromSigned(new BigInt64Array(count).fill(12_345n));
    const unmasked = watched(deal(prg, demands(count, 12))[0], wipe);
    const party = rectify(ring, 0, known, unmasked, 12);
    let messages = 0;
    for (let turn = party.next(); turn.done !== true; messages++) {
      if (turn.value.kind !== 'exchange') throw new Error('expected an exchange');
      expect(chiSquare(turn.value.send!)).toBeGreaterThan(255 + 6 * 23);
      turn = party.next(new Uint8Array(turn.value.receive));
    }
    expect(messages).toBe(Math.log2(bits) + 1);
  });

  it('takes what was dealt for it and nothing else, and zeroes it', () => {
    const share = ring.draw(prg, 10);
    const start = (shift: number, dealt: Pair<Correlations>): unknown =>
      rectify(ring, 0, share, dealt[0], shift).next();
    expect(codeOf(() => start(12, deal(prg, demands(11, 12))))).toBe('dealt-mismatch');
    expect(codeOf(() => start(12, deal(prg, demands(10, 13))))).toBe('dealt-mismatch');
    expect(codeOf(() => start(bits, deal(prg, demands(10, 12))))).toBe('internal');
    expect(codeOf(() => rectify(ring, 0, ring.zeros(0), deal(prg, [])[0], 12).next())).toBe('internal');
    const [correlations] = deal(prg, demands(10, 12));
    const taken: unknown[] = [];
    const seen = watched(correlations, (part) => taken.push(part));
    const party = rectify(ring, 0, share, seen, 12);
    party.next();
    party.return(share);
    const bytes = (value: unknown): number[] =>
      ArrayBuffer.isView(value)
        ? [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)]
        : Object.values(value as object)
            .filter((held) => typeof held === 'object')
            .flatMap(bytes);
    expect(taken).toHaveLength(2);
    expect(taken.flatMap(bytes).length).toBeGreaterThan(1000);
    expect(taken.flatMap(bytes).every((byte) => byte === 0)).toBe(true);
  });

  it('leaves its input as it was', () => {
    const share = ring.draw(prg, 10);
    const before = share.slice();
    runShared(ring, prg, demands(10, 3), [share, ring.zeros(10)], protocolOf(ring, 3));
    expect(share).toEqual(before);
  });
});
