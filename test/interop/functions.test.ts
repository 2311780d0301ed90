import { describe, expect, it } from 'vitest';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import {
  advertisement,
  automatic,
  hex,
  isConsistent,
  join,
  merkleHolds,
  merkleRoot,
  message,
  openSecret,
  pack,
  permutation,
  ringNeighbours,
  stream,
  T,
  toHex,
  u32,
  u8,
  unpack,
  witnessesOf,
} from './second-implementation.ts';
import { readVector, UPDATE, vectorText, writeText } from './support/files.ts';
import { functionVectors, type FunctionVectors } from './support/functions.ts';

const VECTOR = 'test/vectors/functions.json';

describe('the vectors of single functions', () => {
  if (UPDATE) writeText(VECTOR, vectorText(functionVectors(portablePrimitives)));
  const vectors = readVector(VECTOR) as FunctionVectors;

  it.each([portablePrimitives, nodePrimitives])('are what the code computes ($name)', (primitives) => {
    expect(functionVectors(primitives)).toEqual(vectors);
  });

  it.each(vectors.maskStreams)('mask stream of suite $suite', ({ suite, key, words }) => {
    expect(stream(hex(key), suite === 1 ? 12 : 20, words.length)).toEqual(words);
  });

  it.each(vectors.packings)('packing at $bits bits', ({ bits, values, packed }) => {
    expect(toHex(pack(values, bits))).toBe(packed);
    expect(unpack(hex(packed), values.length, bits)).toEqual(values);
  });

  it.each(vectors.trees)('tree under $root', ({ leaves, root, proofs }) => {
    expect(toHex(merkleRoot(leaves.map(hex)))).toBe(root);
    leaves.forEach((leaf, i) => {
      const siblings = proofs[i]!.map(hex);
      expect(merkleHolds(hex(root), leaves.length, i, hex(leaf), siblings)).toBe(true);
      expect(merkleHolds(hex(root), leaves.length, i, hex(leaf), [...siblings, hex(root)])).toBe(false);
    });
  });

  it.each(vectors.parameters)('parameters of $n members, $adversary, $colludingPpm and $dropoutPpm ppm', (row) => {
    expect(automatic(row)).toEqual([row.graph, row.degree, row.threshold, row.witnesses, row.quorum]);
  });

  it('permutation and neighbours of a ring', () => {
    const { n, degree, root, sessionId, neighbours } = vectors.ring;
    const order = permutation(hex(root), hex(sessionId), n);
    expect(order).toEqual(vectors.ring.permutation);
    expect(neighbours).toEqual(order.map((_, index) => ringNeighbours(order, degree, index)));
  });

  it('witnesses, however many of the members they are', () => {
    const { n, root, sessionId, witnesses } = vectors.ring;
    expect(witnesses).toHaveLength(n + 1);
    witnesses.forEach((chosen, w) => expect(witnessesOf(hex(root), hex(sessionId), n, w)).toEqual(chosen));
  });

  it('a sharing among few of many', () => {
    const { n, threshold, secret, slots, shares } = vectors.sharing;
    const held = new Map(slots.map((slot, i) => [slot, hex(shares[i]!)] as const));
    const first = new Map([...held].slice(0, threshold));
    expect(toHex(openSecret(n, first))).toBe(secret);
    for (const [slot, share] of held) expect(isConsistent(n, first, slot, share)).toBe(true);
  });

  it('a proven roster', () => {
    const { size, ownIndex, context, ids, root, members, bytes } = vectors.provenRoster;
    const entries = members.map(({ index, member, cipherKey, maskKey, proof }) => {
      const shown = advertisement({ member, cipherKey: hex(cipherKey), maskKey: hex(maskKey) });
      expect(merkleHolds(hex(root), size, index, T('roster leaf', shown), proof.map(hex))).toBe(true);
      return join(u32(index), shown, u8(proof.length), ...proof.map(hex));
    });
    const head = [u32(size), u32(ownIndex), u8(2), ...ids.map(u32), hex(root), u32(members.length)];
    expect(toHex(message(1, 'roster', hex(context), ...head, ...entries))).toBe(bytes);
  });
});
