import { describe, expect, it } from 'vitest';
import { square } from '../../../protocol/mpc/gmw/index.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';
import { codeOf } from '../../support/thrown.ts';
import { deal } from './dealing.ts';
import { chiSquare, drawn, edges, type Protocol, rings, runOn, runShared } from './words.ts';

const prg = new Prg(new Uint8Array(32).fill(23));

describe.each(rings)('squares on $bits bits', ({ bits, ring }) => {
  const protocol: Protocol = (party, share, correlations) => square(ring, party, share, correlations);
  const demands = (count: number) => [{ kind: 'square', bits, count } as const];

  it('are those of the ring, in one exchange of one word a value', () => {
    const values = [...edges(bits), ...drawn(ring, prg, 1000)];
    const { opened, trips, received } = runOn(ring, prg, demands(values.length), values, protocol);
    expect(opened).toEqual(values.map((value) => BigInt.asIntN(bits, value * value)));
    expect(trips).toBe(1);
    for (const messages of received) {
      expect(messages.map(({ length }) => length)).toEqual([values.length * ring.bytes]);
    }
  });

  it('send uniform bytes and give uniform shares, whatever the values and their shares are', () => {
    const count = 8192;
    for (const value of [0n, -1n, 12_345n]) {
      const known = ring.fromSigned(new BigInt64Array(count).fill(value));
      const { received, results } = runShared(ring, prg, demands(count), [known, ring.zeros(count)], protocol);
      for (const bytes of [...received.flat(), ...results.map((share) => ring.toBytes(share))]) {
        expect(chiSquare(bytes)).toBeLessThan(255 + 6 * 23);
      }
    }
  });

  it('take what was dealt for them and nothing else', () => {
    expect(codeOf(() => square(ring, 0, ring.zeros(3), deal(prg, demands(4))[0]).next())).toBe('dealt-mismatch');
  });

  it('tell the difference of two values if the same is dealt for both', () => {
    const demand = demands(100)[0]!;
    const part = deal(prg, [demand])[0].take(demand);
    const copy = structuredClone(part);
    const values = [ring.draw(prg, 100), ring.draw(prg, 100)] as const;
    const sent = [part, copy].map((dealt, at) => {
      const correlations = { ...deal(prg, [])[0], take: () => dealt as never };
      const turn = square(ring, 0, values[at]!, correlations).next();
      if (turn.done === true || turn.value.kind !== 'exchange') throw new Error('expected an exchange');
      return ring.fromBytes(turn.value.send!);
    }) as [(typeof values)[0], (typeof values)[0]];
    expect(ring.subtract(...sent)).toEqual(ring.subtract(...values));
    const again = { ...deal(prg, [])[0], take: () => part as never };
    expect(codeOf(() => square(ring, 0, values[1], again).next())).toBe('internal');
  });
});
