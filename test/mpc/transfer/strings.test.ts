import { describe, expect, it } from 'vitest';
import {
  chosenReceiver,
  chosenSender,
  correlatedReceiver,
  correlatedSender,
  randomReceiver,
  randomSender,
} from '../../../protocol/mpc/transfer/index.ts';
import { finishHash, hashInputs } from '../../../protocol/mpc/transfer/hash.ts';
import { runPair, send } from '../../../protocol/mpc/turn.ts';
import { codeOf } from '../../support/thrown.ts';
import { aes, bitAt, deviation, onesOf, oneWay, prgOf, stringAt, xorOf } from './fixtures.ts';

const same = (_: Uint8Array, blocks: Uint8Array): Uint8Array => blocks;

/** Little-endian number of 16 bytes. */
const number = (bytes: Uint8Array): bigint => bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

function bytesOf(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

/** H(x, t), by big integers: the upper half of σ(l ‖ r) is l ⊕ r and the lower one is l. */
function plainHash(key: Uint8Array, x: Uint8Array, tweak: number): Uint8Array {
  const half = 2n ** 64n;
  const [l, r] = [number(x) / half, number(x) % half];
  const input = bytesOf(((l ^ r) * half + l) ^ BigInt(tweak));
  return xorOf(aes(key, input), input);
}

describe('the hash of labels', () => {
  it('is π(σ(x) ⊕ t) ⊕ σ(x) ⊕ t, with tweaks that count all blocks', () => {
    const [labels, offset, key] = [prgOf(1).bytes(16 * 5), prgOf(2).bytes(16), prgOf(3).bytes(16)];
    const runs = [
      { count: 3, blocks: 1 },
      { count: 2, blocks: 3 },
    ];
    const inputs = hashInputs(labels, runs, offset);
    const [hashed] = runPair(finishHash(key, inputs), (function* () {})(), aes).results;
    const of = [0, 1, 2, 3, 3, 3, 4, 4, 4];
    expect(hashed.length).toBe(16 * of.length);
    for (const [tweak, i] of of.entries()) {
      expect(stringAt(hashed, tweak)).toEqual(plainHash(key, xorOf(stringAt(labels, i), offset), tweak));
    }
    expect(onesOf(inputs)).toBe(0);
  });

  it('has a linear σ without fixed points, as has σ with the identity added', () => {
    // Rank 128 of both, over bits: no combination of the images of single bits is zero.
    for (const added of [false, true]) {
      const images: bigint[] = [];
      for (let bit = 0n; bit < 128n; bit++) {
        const x = bytesOf(1n << bit);
        const image = hashInputs(x, [{ count: 1, blocks: 1 }]);
        let rest = number(image) ^ (added ? number(x) : 0n);
        for (const other of images) rest = (rest ^ other) < rest ? rest ^ other : rest;
        expect(rest).not.toBe(0n);
        images.push(rest);
        images.sort((a, b) => (a > b ? -1 : 1));
      }
    }
  });
});

describe('random transfers', () => {
  it('give the receiver the pads of its choice, over several messages', () => {
    const [sender, receiver] = oneWay(1);
    const count = 65_536 + 100;
    const choices = prgOf(1).bytes(Math.ceil(count / 8));
    const [sent, received] = runPair(
      randomSender(sender, count),
      randomReceiver(receiver, choices, count),
      aes,
    ).results;
    for (let i = 0; i < count; i += 97) {
      const [chosen, other] = bitAt(choices, i) === 1 ? [sent.ones, sent.zeros] : [sent.zeros, sent.ones];
      expect(stringAt(received.pads, i)).toEqual(stringAt(chosen, i));
      expect(stringAt(received.pads, i)).not.toEqual(stringAt(other, i));
    }
  });

  it('have pads without a bias and without the correlation of their labels', () => {
    const [sender, receiver] = oneWay(2);
    const count = 8192;
    const choices = prgOf(1).bytes(count / 8);
    const [sent] = runPair(randomSender(sender, count), randomReceiver(receiver, choices, count), aes).results;
    const differences = xorOf(sent.zeros, sent.ones);
    for (const bytes of [sent.zeros, sent.ones, differences]) {
      expect(deviation(onesOf(bytes), 8 * bytes.length)).toBeLessThan(5);
      for (let bit = 0; bit < 128; bit++) {
        const ones = Array.from({ length: count }, (_, i) => bitAt(bytes, 128 * i + bit)).filter(Boolean).length;
        expect(deviation(ones, count)).toBeLessThan(5);
      }
    }
    // Labels that are not hashed differ in delta alone: with the identity as permutation H is zero, and no pad at all.
    const [bare] = runPair(randomSender(sender, 8), randomReceiver(receiver, Uint8Array.of(0), 8), same).results;
    expect(onesOf(bare.zeros)).toBe(0);
  });
});

/**
 * A receiver that happens to know both strings of transfer 0 tries to read all strings that it did not choose: its
 * other pad of transfer 0 gives the difference of the two, which it tries at all other transfers.
 */
function readOthers(
  view: Uint8Array,
  pads: Uint8Array,
  choices: Uint8Array,
  count: number,
  known: Uint8Array,
): Uint8Array[] {
  const other = (i: number): Uint8Array => stringAt(view, bitAt(choices, i) === 1 ? i : count + i);
  const delta = xorOf(xorOf(other(0), known), stringAt(pads, 0));
  return Array.from({ length: count }, (_, i) => xorOf(other(i), xorOf(stringAt(pads, i), delta)));
}

describe('chosen transfers', () => {
  const count = 40;
  const [zeros, ones] = [prgOf(1).bytes(16 * count), prgOf(2).bytes(16 * count)];
  const choices = prgOf(3).bytes(count / 8);
  const chosenOf = (i: number): Uint8Array => stringAt(bitAt(choices, i) === 1 ? ones : zeros, i);
  const otherOf = (i: number): Uint8Array => stringAt(bitAt(choices, i) === 1 ? zeros : ones, i);
  const all = Array.from({ length: count }, (_, i) => i);

  it('give the receiver the strings of its choice', () => {
    const [sender, receiver] = oneWay(3);
    const { results } = runPair(chosenSender(sender, zeros, ones), chosenReceiver(receiver, choices, count), aes);
    for (const i of all) expect(stringAt(results[1], i)).toEqual(chosenOf(i));
  });

  it('go over several messages of at most 1 MiB, with the next choices under way', () => {
    const [sender, receiver] = oneWay(4);
    const many = 2 * 32_768 + 9;
    const [a, b] = [prgOf(1).bytes(16 * many), prgOf(2).bytes(16 * many)];
    const picks = prgOf(3).bytes(Math.ceil(many / 8));
    const { results, received, trips } = runPair(
      chosenSender(sender, a, b),
      chosenReceiver(receiver, picks, many),
      aes,
    );
    for (let i = 0; i < many; i += 101) {
      expect(stringAt(results[1], i)).toEqual(stringAt(bitAt(picks, i) === 1 ? b : a, i));
    }
    expect(Math.max(...received.flat().map(({ length }) => length))).toBe(2 ** 20);
    expect(trips).toBe(4);
  });

  it('keep the other strings from a receiver that knows one of them', () => {
    const [sender, receiver] = oneWay(5);
    const { results, received } = runPair(
      chosenSender(sender, zeros, ones),
      chosenReceiver(receiver, choices, count),
      aes,
    );
    const view = received[1][0]!;
    const pads = xorOf(
      results[1],
      Uint8Array.from(all.flatMap((i) => [...stringAt(view, bitAt(choices, i) * count + i)])),
    );
    const read = readOthers(view, pads, choices, count, otherOf(0));
    expect(read[0]).toEqual(otherOf(0));
    for (const i of all.slice(1)) expect(read[i]).not.toEqual(otherOf(i));
  });

  it('would lose them all if labels served as pads without being hashed', () => {
    const [sender, receiver] = oneWay(6);
    const [{ zeros: pads, delta }, { labels }] = runPair(
      correlatedSender(sender, count),
      correlatedReceiver(receiver, choices, count),
      aes,
    ).results;
    const repeated = Uint8Array.from({ length: 16 * count }, (_, i) => delta[i % 16]!);
    const view = Uint8Array.of(...xorOf(pads, zeros), ...xorOf(xorOf(pads, repeated), ones));
    const read = readOthers(view, labels, choices, count, otherOf(0));
    for (const i of all) expect(read[i]).toEqual(otherOf(i));
  });

  it('refuse strings, choices and messages of other lengths', () => {
    const [sender, receiver] = oneWay(7);
    expect(codeOf(() => chosenSender(sender, zeros, ones.subarray(16)).next())).toBe('wire-bounds');
    expect(codeOf(() => chosenSender(sender, zeros.subarray(1), ones.subarray(1)).next())).toBe('wire-bounds');
    expect(codeOf(() => chosenReceiver(receiver, choices, count + 1).next())).toBe('wire-bounds');
    expect(codeOf(() => runPair(chosenReceiver(receiver, choices, count), send(new Uint8Array(31)), aes))).toBe(
      'wire-bounds',
    );
  });
});
