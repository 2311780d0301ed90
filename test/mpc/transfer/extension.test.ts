import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keystreamWords } from '../../../protocol/kernels/index.ts';
import { arena } from '../../../protocol/mpc/kernels/arena.ts';
import { correlatedReceiver, correlatedSender } from '../../../protocol/mpc/transfer/index.ts';
import { ExtensionReceiver, MAX_STEP, stepBytes } from '../../../protocol/mpc/transfer/extension.ts';
import { runPair, send } from '../../../protocol/mpc/turn.ts';
import { codeOf } from '../../support/thrown.ts';
import { aes, bitAt, deviation, onesOf, oneWay, prgOf, stringAt, xorOf } from './fixtures.ts';

const session = new Uint8Array(32);

describe('the transposition', () => {
  it('makes bit j of row i of bit i of column j', () => {
    const memory = arena();
    const stride = 48;
    const columns = prgOf(1).bytes(128 * stride);
    const rows = memory.scoped(() => {
      const target = memory.reserve(2048);
      memory.kernels.transposeBlock(memory.load(columns) + 16, stride, target);
      return memory.bytes(target, 2048).slice();
    });
    const expected = new Uint8Array(2048);
    for (let i = 0; i < 128; i++) {
      for (let j = 0; j < 128; j++) {
        expected[16 * i + (j >> 3)]! |= bitAt(columns, 8 * (j * stride + 16) + i) << (j & 7);
      }
    }
    expect(rows).toEqual(expected);
  });
});

describe('an extension', () => {
  it('gives labels_i = zeros_i ⊕ choices_i · delta for any choices, however often it is extended', () => {
    const [sender, receiver] = oneWay(1);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 1000 }), (count, seed) => {
        const choices = prgOf(seed).bytes(Math.ceil(count / 8));
        const { results, received } = runPair(
          correlatedSender(sender, count),
          correlatedReceiver(receiver, choices, count),
          aes,
        );
        const [{ zeros, delta }, { labels, choices: kept }] = results;
        expect(zeros.length).toBe(16 * count);
        for (let i = 0; i < count; i++) {
          const expected = stringAt(zeros, i).map((byte, at) => byte ^ (bitAt(choices, i) * delta[at]!));
          if (expected.some((byte, at) => byte !== labels[16 * i + at])) expect.fail(`transfer ${i} of ${count}`);
        }
        expect(onesOf(kept)).toBe(Array.from({ length: count }, (_, i) => bitAt(choices, i)).filter(Boolean).length);
        expect(received[1]).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('goes over several messages of at most 1 MiB', () => {
    const [sender, receiver] = oneWay(2);
    const count = MAX_STEP + 777;
    const choices = prgOf(3).bytes(Math.ceil(count / 8));
    const { results, received } = runPair(
      correlatedSender(sender, count),
      correlatedReceiver(receiver, choices, count),
      aes,
    );
    expect(received[0].map(({ length }) => length)).toEqual([2 ** 20, stepBytes(777)]);
    for (const i of [0, 1, MAX_STEP - 1, MAX_STEP, MAX_STEP + 1, count - 1]) {
      const difference = xorOf(stringAt(results[0].zeros, i), stringAt(results[1].labels, i));
      expect(difference).toEqual(results[0].delta.map((byte) => byte * bitAt(choices, i)));
    }
  });

  it('satisfies the equations of the paper, computed a second time from the keys', () => {
    const pairs = prgOf(5).bytes(128 * 64);
    const receiver = new ExtensionReceiver(pairs.slice(), session);
    const stream = (key: number): Uint8Array =>
      new Uint8Array(keystreamWords(pairs.slice(32 * key, 32 * key + 32), 12, 0, 128).buffer);
    const choices = prgOf(6).bytes(500);
    for (const from of [0, 256]) {
      // 2 048 transfers take one group of each stream.
      const own = choices.subarray(from, from === 0 ? 256 : 500);
      const count = 8 * own.length;
      const { message, labels } = receiver.step(own, count);
      const width = message.length / 128;
      for (let j = 0; j < 128; j++) {
        const [zero, one] = [stream(2 * j), stream(2 * j + 1)].map((bytes) => bytes.subarray(from, from + own.length));
        const column = message.subarray(j * width, j * width + own.length);
        expect(column).toEqual(xorOf(xorOf(zero!, one!), own));
        for (let i = 0; i < count; i += 61) expect(bitAt(labels, 128 * i + j)).toBe(bitAt(zero!, i));
      }
    }
  });

  it('shows the sender nothing of the choices: its message is as random for zeros as for ones', () => {
    const [, receiver] = oneWay(3);
    const count = 8192;
    for (const byte of [0, 0xff]) {
      const { message } = receiver.step(new Uint8Array(count / 8).fill(byte), count);
      expect(deviation(onesOf(message), 8 * message.length)).toBeLessThan(5);
      for (let j = 0; j < 128; j++) {
        const parts = [0, 1, 2, 3].map((tile) => message.slice(256 * (128 * tile + j), 256 * (128 * tile + j + 1)));
        expect(deviation(onesOf(Buffer.concat(parts)), count)).toBeLessThan(5);
      }
    }
  });

  it('shows them at once when the two keys of a base transfer are equal', () => {
    const key = prgOf(1).bytes(32);
    const pairs = Uint8Array.from({ length: 128 * 64 }, (_, i) => key[i % 32]!);
    const choices = prgOf(2).bytes(128);
    const { message } = new ExtensionReceiver(pairs, session).step(choices, 1024);
    expect(message.subarray(0, 128)).toEqual(choices);
  });

  it('gives labels without a bias, and fresh ones at each step', () => {
    const [sender, receiver] = oneWay(4);
    const steps = [0, 1].map(() => {
      const step = receiver.step(new Uint8Array(1024), 8192);
      return { ...step, zeros: sender.step(step.message, 8192).zeros };
    });
    for (const { labels, zeros } of steps) {
      expect(onesOf(xorOf(labels, zeros))).toBe(0);
      expect(deviation(onesOf(labels), 8 * labels.length)).toBeLessThan(5);
    }
    const difference = xorOf(steps[0]!.labels, steps[1]!.labels);
    expect(deviation(onesOf(difference), 8 * difference.length)).toBeLessThan(5);
  });

  it('has a key for hashing that both sides know and no other step or setup has', () => {
    const keys = [oneWay(5), oneWay(6)].flatMap(([sender, receiver]) =>
      [0, 1].map(() => {
        const step = receiver.step(new Uint8Array(1), 8);
        expect(sender.step(step.message, 8).hashKey).toEqual(step.hashKey);
        return step.hashKey.join();
      }),
    );
    expect(new Set(keys).size).toBe(4);
  });

  it('refuses counts out of range, choices and messages of other lengths, before it moves on', () => {
    const [sender, receiver] = oneWay(7);
    for (const count of [0, -1, 1.5, MAX_STEP + 1]) {
      expect(codeOf(() => receiver.step(new Uint8Array(1), count))).toBe('wire-bounds');
      expect(codeOf(() => sender.step(new Uint8Array(2048), count))).toBe('wire-bounds');
    }
    expect(codeOf(() => receiver.step(new Uint8Array(2), 8))).toBe('wire-bounds');
    for (const length of [0, 2047, 2049, 4096]) {
      expect(codeOf(() => sender.step(new Uint8Array(length), 8))).toBe('wire-bounds');
    }
    expect(codeOf(() => runPair(correlatedSender(sender, 8), send(new Uint8Array(16)), aes))).toBe('wire-bounds');
    const { message, labels } = receiver.step(new Uint8Array(1), 8);
    expect(sender.step(message, 8).zeros).toEqual(labels);
  });

  it('ignores choices after the last', () => {
    const [sender, receiver] = oneWay(8);
    const { message, labels } = receiver.step(Uint8Array.of(0xf8), 3);
    expect(sender.step(message, 3).zeros).toEqual(labels);
  });

  it('gives nothing once it is wiped', () => {
    const [sender, receiver] = oneWay(9);
    const { message } = receiver.step(new Uint8Array(1), 8);
    sender.wipe();
    receiver.wipe();
    expect(onesOf(sender.delta)).toBe(0);
    expect(codeOf(() => sender.step(message, 8))).toBe('secret-wiped');
    expect(codeOf(() => receiver.step(new Uint8Array(1), 8))).toBe('secret-wiped');
  });
});
