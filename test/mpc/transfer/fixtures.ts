import { createDecipheriv } from 'node:crypto';
import { Prg } from '../../../protocol/mpc/prg.ts';
import { ExtensionReceiver, ExtensionSender } from '../../../protocol/mpc/transfer/extension.ts';
import type { BothWays } from '../../../protocol/mpc/transfer/index.ts';
import type { Permutation } from '../../../protocol/mpc/turn.ts';

/** AES-128 in the direction of decryption, by Node. */
export const aes: Permutation = (key, blocks) => {
  const cipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return new Uint8Array(cipher.update(blocks));
};

/** A generator whose key is this number. */
export function prgOf(seed: number): Prg {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(0, seed, true);
  return new Prg(key);
}

/** A setup in one direction whose base transfers are dealt, which takes no time: base.test.ts runs real ones. */
export function oneWay(seed: number): readonly [ExtensionSender, ExtensionReceiver] {
  const prg = prgOf(seed);
  const delta = prg.bytes(16);
  delta[0]! |= 1;
  const [pairs, session] = [prg.bytes(128 * 64), prg.bytes(32)];
  const keys = new Uint8Array(128 * 32);
  for (let j = 0; j < 128; j++) {
    const at = 32 * (2 * j + bitAt(delta, j));
    keys.set(pairs.subarray(at, at + 32), 32 * j);
  }
  return [new ExtensionSender(delta, keys, session), new ExtensionReceiver(pairs, session)];
}

/** A setup in both directions, dealt likewise. */
export function bothWays(seed: number): readonly [BothWays, BothWays] {
  const [there, back] = [oneWay(2 * seed), oneWay(2 * seed + 1)];
  return [
    { sender: there[0], receiver: back[1] },
    { sender: back[0], receiver: there[1] },
  ];
}

/** Bit i of packed bits. */
export function bitAt(packed: Uint8Array, i: number): 0 | 1 {
  return ((packed[i >> 3]! >> (i & 7)) & 1) as 0 | 1;
}

/** String i of strings of 16 bytes. */
export function stringAt(strings: Uint8Array, i: number): Uint8Array {
  return strings.subarray(16 * i, 16 * (i + 1));
}

/** a ⊕ b. */
export function xorOf(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ b[i]!);
}

/** Bits of `bytes` that are 1. */
export function onesOf(bytes: Uint8Array): number {
  let ones = 0;
  for (const byte of bytes) for (let bits: number = byte; bits > 0; bits &= bits - 1) ones++;
  return ones;
}

/** How many standard deviations a number of ones among fair bits is away from half of them. */
export function deviation(ones: number, bits: number): number {
  return Math.abs(ones - bits / 2) / Math.sqrt(bits / 4);
}
