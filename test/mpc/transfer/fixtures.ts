import { createDecipheriv } from 'node:crypto';
import { Prg } from '../../../protocol/mpc/prg.ts';
import { type BothWays, setUpBothWays, setUpReceiver, setUpSender } from '../../../protocol/mpc/transfer/setup.ts';
import type { ExtensionReceiver, ExtensionSender } from '../../../protocol/mpc/transfer/extension.ts';
import { type Permutation, runPair } from '../../../protocol/mpc/turn.ts';

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

/** A fresh setup in one direction. */
export function oneWay(seed: number): readonly [ExtensionSender, ExtensionReceiver] {
  return runPair(setUpSender(prgOf(2 * seed)), setUpReceiver(prgOf(2 * seed + 1)), aes).results;
}

/** A fresh setup in both directions. */
export function bothWays(seed: number): readonly [BothWays, BothWays] {
  return runPair(setUpBothWays(prgOf(2 * seed)), setUpBothWays(prgOf(2 * seed + 1)), aes).results;
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
