import { ristretto255 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { packRows } from '../../../protocol/mpc/slices.ts';
import { BaseSender, receiveBase } from '../../../protocol/mpc/transfer/base.ts';
import {
  bitTriples,
  correlatedReceiver,
  correlatedSender,
  setUpBothWays,
  setUpReceiver,
  setUpSender,
} from '../../../protocol/mpc/transfer/index.ts';
import { type Party, runPair, send } from '../../../protocol/mpc/turn.ts';
import { codeOf } from '../../support/thrown.ts';
import { aes, bitAt, onesOf, prgOf, stringAt, xorOf } from './fixtures.ts';
import { add, BASE, encode, hashOf, multiply, negate, scalarOf, ZERO } from './plain-ristretto.ts';

const COUNT = 5;
const choices = Uint8Array.of(0b10110);

function run(seed: number) {
  const sender = new BaseSender(prgOf(seed));
  const received = receiveBase(sender.opening, choices, COUNT, prgOf(seed + 1));
  return { sender, received, sent: sender.finish(received.answers) };
}

/** What is no point to send: RFC 9496 §A.2 and the neutral element. */
const noPoints = {
  'an encoding that is not below p': Uint8Array.from({ length: 32 }, (_, i) =>
    i === 0 ? 0xed : i === 31 ? 0x7f : 0xff,
  ),
  'an encoding with its top bit set': Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? 0x80 : 0)),
  'a negative field element': Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)),
  'a field element that encodes no point': fromHex('26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371'),
  'the neutral element': new Uint8Array(32),
};

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

describe('base transfers', () => {
  it('give the receiver the key of its choice and none of the other', () => {
    const { sent, received } = run(1);
    for (let i = 0; i < COUNT; i++) {
      const [chosen, other] = [0, 1].map((side) => {
        const at = 32 * (2 * i + (bitAt(choices, i) ^ side));
        return [...sent.pairs.subarray(at, at + 32)];
      });
      const key = [...received.keys.subarray(32 * i, 32 * i + 32)];
      expect(key).toEqual(chosen);
      expect(key).not.toEqual(other);
    }
    expect(sent.session).toEqual(received.session);
  });

  it('satisfy the equations of the paper, computed a second time from the same randomness', () => {
    const { sender, received, sent } = run(7);
    const a = scalarOf(prgOf(7).bytes(64));
    const offered = multiply(BASE, a);
    expect(sender.opening).toEqual(encode(offered));
    const prg = prgOf(8);
    for (let i = 0; i < COUNT; i++) {
      const point = add(multiply(BASE, scalarOf(prg.bytes(64))), bitAt(choices, i) === 1 ? offered : ZERO);
      const answer = encode(point);
      expect(received.answers.subarray(32 * i, 32 * i + 32)).toEqual(answer);
      for (const [choice, base] of [point, add(point, negate(offered))].entries()) {
        const shared = encode(multiply(base, a));
        const key = hashOf('cairn/1 base transfer', encode(offered), answer, Uint8Array.of(i, 0, 0, 0), shared);
        expect(sent.pairs.subarray(64 * i + 32 * choice, 64 * i + 32 * choice + 32)).toEqual(key);
      }
    }
    expect(sent.session).toEqual(hashOf('cairn/1 transfer setup', sender.opening, received.answers));
  });

  it('give unrelated keys for the same answer at another place', () => {
    const sender = new BaseSender(prgOf(1));
    const { answers } = receiveBase(sender.opening, Uint8Array.of(0), 1, prgOf(2));
    const { pairs } = sender.finish(Uint8Array.of(...answers, ...answers));
    expect(pairs.subarray(0, 32)).not.toEqual(pairs.subarray(64, 96));
  });

  it('hide the choices perfectly: each answer is one that the other choice could have sent', () => {
    const sender = new BaseSender(prgOf(3));
    const { answers } = receiveBase(sender.opening, Uint8Array.of(1), 1, prgOf(4));
    const scalar = scalarOf(prgOf(4).bytes(64));
    // With choice 0 the same answer comes from the scalar b + a, which is as likely as b.
    const a = scalarOf(prgOf(3).bytes(64));
    expect(encode(multiply(BASE, scalar + a))).toEqual(answers);
  });

  it.each(Object.entries(noPoints))('refuse %s, from either side', (_, bytes) => {
    expect(codeOf(() => receiveBase(bytes, choices, COUNT, prgOf(1)))).toBe('key-invalid');
    const answers = run(1).received.answers.slice();
    answers.set(bytes, 64);
    expect(codeOf(() => new BaseSender(prgOf(1)).finish(answers))).toBe('key-invalid');
  });

  it('refuse answers that are not whole points', () => {
    expect(codeOf(() => new BaseSender(prgOf(1)).finish(new Uint8Array(33)))).toBe('wire-bounds');
  });
});

describe('a setup', () => {
  it('is one from which both sides extend', () => {
    const setUp = runPair(setUpSender(prgOf(1)), setUpReceiver(prgOf(2)), aes).results;
    const { results } = runPair(
      correlatedSender(setUp[0], 20),
      correlatedReceiver(setUp[1], Uint8Array.of(0x5a, 0x0f, 0x0c), 20),
      aes,
    );
    for (let i = 0; i < 20; i++) {
      const difference = xorOf(stringAt(results[0].zeros, i), stringAt(results[1].labels, i));
      expect(difference).toEqual(setUp[0].delta.map((byte) => byte * bitAt(results[1].choices, i)));
    }
  });

  it('in both directions is one from which both sides share AND triples', () => {
    const setUp = runPair(setUpBothWays(prgOf(1)), setUpBothWays(prgOf(2)), aes).results;
    const [x, y] = runPair(bitTriples(setUp[0], 2, 24, prgOf(3)), bitTriples(setUp[1], 2, 24, prgOf(4)), aes).results;
    const joined = (['a', 'b', 'c'] as const).map((name) => xorOf(packRows(x[name]), packRows(y[name])));
    expect(joined[2]).toEqual(joined[0]!.map((byte, i) => byte & joined[1]![i]!));
  });

  it('refuses messages of other lengths and points that are none', () => {
    expect(codeOf(() => runPair(setUpSender(prgOf(1)), send(new Uint8Array(31)), aes))).toBe('wire-bounds');
    expect(codeOf(() => runPair(setUpSender(prgOf(1)), send(new Uint8Array(32)), aes))).toBe('key-invalid');
    function* short(): Party<void> {
      yield* send(ristretto255.Point.BASE.toBytes());
      yield* send(new Uint8Array(32 * 127));
    }
    expect(codeOf(() => runPair(setUpReceiver(prgOf(1)), short(), aes))).toBe('wire-bounds');
    expect(codeOf(() => runPair(setUpBothWays(prgOf(1)), short(), aes))).toBe('wire-bounds');
  });

  it('draws a delta whose lowest bit is 1, or takes the one given, and refuses others', () => {
    for (const seed of [1, 2]) {
      const [drawn] = runPair(setUpSender(prgOf(seed)), setUpReceiver(prgOf(9)), aes).results;
      expect(drawn.delta[0]! & 1).toBe(1);
    }
    const delta = Uint8Array.from({ length: 16 }, (_, i) => 2 * i + 1);
    const [sender] = runPair(setUpSender(prgOf(1), delta), setUpReceiver(prgOf(2)), aes).results;
    expect(sender.delta).toEqual(delta);
    expect(codeOf(() => setUpSender(prgOf(1), new Uint8Array(16)).next())).toBe('key-invalid');
    expect(codeOf(() => setUpSender(prgOf(1), Uint8Array.of(1)).next())).toBe('key-invalid');
  });

  it('in both directions has deltas of its own, in two trips and 4 KiB each way', () => {
    const { results, received, trips } = runPair(setUpBothWays(prgOf(1)), setUpBothWays(prgOf(2)), aes);
    expect(results[0].sender.delta).not.toEqual(results[1].sender.delta);
    expect(onesOf(results[0].sender.delta)).toBeGreaterThan(30);
    expect(trips).toBe(2);
    expect(received.map((messages) => messages.map(({ length }) => length))).toEqual([
      [32, 4096],
      [32, 4096],
    ]);
  });
});
