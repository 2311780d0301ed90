import { describe, expect, it } from 'vitest';
import { type Circuit, CircuitBuilder } from '../../../protocol/mpc/circuits/index.ts';
import type { AndTriples } from '../../../protocol/mpc/dealer/index.ts';
import { gmw } from '../../../protocol/mpc/gmw/index.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';
import { packedRowBytes, packRows, type Slices, unpackRows, zeroSlices } from '../../../protocol/mpc/slices.ts';
import { runPair } from '../../../protocol/mpc/turn.ts';
import { codeOf } from '../../support/thrown.ts';
import { deal, drawSlices, noPermutation, type Pair, xorSlices } from './dealing.ts';

/** Rows of bits that are chosen lane by lane. */
function rowsOf(rows: number, lanes: number, bit: (row: number, lane: number) => number): Slices {
  const slices = zeroSlices(rows, lanes);
  for (let row = 0; row < rows; row++) {
    for (let lane = 0; lane < lanes; lane++) {
      slices.words[row * slices.stride + (lane >> 5)]! |= (bit(row, lane) & 1) << (lane & 31);
    }
  }
  return slices;
}

function bitsOf(slices: Slices, lane: number): string {
  return Array.from({ length: slices.rows }, (_, row) => {
    return (slices.words[row * slices.stride + (lane >> 5)]! >>> (lane & 31)) & 1;
  }).join('');
}

/** x ∧ y ∧ z, in two levels. */
function threefold(): Circuit {
  const builder = new CircuitBuilder();
  const [x, y, z] = builder.input('inputs', 3, 0);
  return builder.build('threefold', [builder.and(builder.and(x!, y!), z!)]);
}

/**
 * All of the dealer's randomness for two triples, a lane each: bits 0 to 9 of the lane's number are the shares of a and
 * b, and party 0's share of c. With `masks` taken out, the other party's shares of a are zero.
 */
function allTriples(viewer: 0 | 1, masks: 'kept' | 'taken out'): Pair<AndTriples> {
  const lanes = 1024;
  const drawn = (at: number): Slices => rowsOf(2, lanes, (row, lane) => lane >> (2 * at + row));
  const a = [drawn(0), drawn(1)] as const;
  if (masks === 'taken out') a[viewer === 0 ? 1 : 0].words.fill(0);
  const b = [drawn(2), drawn(3)] as const;
  const c0 = drawn(4);
  const [wholeA, wholeB] = [xorSlices(...a), xorSlices(...b)];
  const c1 = { ...c0, words: c0.words.map((word, at) => word ^ (wholeA.words[at]! & wholeB.words[at]!)) };
  return [
    { a: a[0], b: b[0], c: c0 },
    { a: a[1], b: b[1], c: c1 },
  ];
}

/** How often each view of a party comes up, over all randomness, if the parties' input shares are as given. */
function viewsOf(viewer: 0 | 1, shares: Pair<number>, masks: 'kept' | 'taken out') {
  const circuit = threefold();
  const triples = allTriples(viewer, masks);
  const own = structuredClone(triples[viewer]);
  const constant = (bits: number): Slices => rowsOf(3, 1024, (row) => bits >> row);
  const { received, results } = runPair(
    gmw(circuit, 0, constant(shares[0]), triples[0]),
    gmw(circuit, 1, constant(shares[1]), triples[1]),
    noPermutation,
  );
  const messages = received[viewer].map((message) => unpackRows(message, 2, 1024));
  const seen = [own.a, own.b, own.c, ...messages, results[viewer]];
  const counts = new Map<string, number>();
  const ofMessages = new Map<string, number>();
  for (let lane = 0; lane < 1024; lane++) {
    const view = seen.map((rows) => bitsOf(rows, lane)).join(' ');
    counts.set(view, (counts.get(view) ?? 0) + 1);
    const message = messages.map((rows) => bitsOf(rows, lane)).join(' ');
    ofMessages.set(message, (ofMessages.get(message) ?? 0) + 1);
  }
  return { views: counts, messages: ofMessages };
}

describe.each([0, 1] as const)('what party %i sees of a circuit, over all of the dealer’s randomness', (viewer) => {
  const shares = (own: number, other: number): Pair<number> => (viewer === 0 ? [own, other] : [other, own]);

  it('is the same whatever the other’s shares are', () => {
    for (let own = 0; own < 8; own++) {
      const { views } = viewsOf(viewer, shares(own, 0), 'kept');
      for (let other = 1; other < 8; other++) expect(viewsOf(viewer, shares(own, other), 'kept').views).toEqual(views);
    }
  });

  it('is uniform in what the other sent', () => {
    for (let own = 0; own < 8; own++) {
      for (let other = 0; other < 8; other++) {
        const { messages } = viewsOf(viewer, shares(own, other), 'kept');
        expect([messages.size, ...new Set(messages.values())]).toEqual([16, 64]);
      }
    }
  });

  it('tells the other’s shares if the other’s triples are not random', () => {
    const { views } = viewsOf(viewer, shares(0, 0), 'taken out');
    expect(viewsOf(viewer, shares(0, 1), 'taken out').views).not.toEqual(views);
  });
});

describe('a triple that is used twice', () => {
  const prg = new Prg(new Uint8Array(32).fill(5));
  const builder = new CircuitBuilder();
  const circuit = builder.build('and', [builder.and(builder.input('x', 1, 0)[0]!, builder.input('y', 1, 0)[0]!)]);
  const demand = { kind: 'and', rows: 1, lanes: 128 } as const;
  const dealt = (): Pair<AndTriples> => {
    const [first, second] = deal(prg, [demand]);
    return [first.take(demand), second.take(demand)];
  };
  /** What party 1 receives. */
  const seenOf = (secret: Slices, triples: Pair<AndTriples>): Uint8Array => {
    const parties = [gmw(circuit, 0, secret, triples[0]), gmw(circuit, 1, zeroSlices(2, 128), triples[1])] as const;
    return runPair(...parties, noPermutation).received[1][0]!;
  };
  const difference = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, at) => byte ^ b[at]!);
  const secrets = [drawSlices(prg, 2, 128), drawSlices(prg, 2, 128)] as const;
  const apart = packRows(xorSlices(...secrets));

  it('tells in which bits two secrets differ', () => {
    const triples = dealt();
    const copy = structuredClone(triples);
    expect(difference(seenOf(secrets[0], triples), seenOf(secrets[1], copy))).toEqual(apart);
  });

  it('is refused, and triples of their own tell nothing', () => {
    const triples = dealt();
    const first = seenOf(secrets[0], triples);
    expect(codeOf(() => seenOf(secrets[1], triples))).toBe('internal');
    const told = difference(first, seenOf(secrets[1], dealt()));
    const wrong = difference(told, apart).reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
    expect(told).toHaveLength(2 * packedRowBytes(128));
    expect(wrong).toBeGreaterThan(90);
    expect(wrong).toBeLessThan(166);
  });
});
