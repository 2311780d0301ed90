import { createDecipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../protocol/crypto/bytes.ts';
import { nodePermutation } from '../../../protocol/crypto/node/index.ts';
import { CairnError } from '../../../protocol/errors.ts';
import { portablePermutation, webCryptoPermutation } from '../../../protocol/mpc/permutation/index.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';

const web = webCryptoPermutation(crypto.subtle);
const ways = [
  ['node:crypto', nodePermutation],
  ['WebCrypto', web],
  ['the portable kernel', portablePermutation],
] as const;

/** Key, plaintext, ciphertext: FIPS 197 appendices B and C.1, and the ECB-AES128 vectors of SP 800-38A F.1.1. */
const VECTORS = [
  ['2b7e151628aed2a6abf7158809cf4f3c', '3243f6a8885a308d313198a2e0370734', '3925841d02dc09fbdc118597196a0b32'],
  ['000102030405060708090a0b0c0d0e0f', '00112233445566778899aabbccddeeff', '69c4e0d86a7b0430d8cdb78070b4c55a'],
  [
    '2b7e151628aed2a6abf7158809cf4f3c',
    '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
    '3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4',
  ],
] as const;

/** One block at a time by a cipher of its own. */
function oneByOne(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  const out = new Uint8Array(blocks.length);
  for (let at = 0; at < blocks.length; at += 16) {
    const cipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    out.set(cipher.update(blocks.subarray(at, at + 16)), at);
  }
  return out;
}

describe.each(ways)('the permutation by %s', (_, permutation) => {
  it('decrypts the published vectors of AES-128', async () => {
    for (const [key, plain, cipher] of VECTORS) {
      expect(await permutation(fromHex(key), fromHex(cipher))).toEqual(new Uint8Array(fromHex(plain)));
    }
  });

  it.each([0, 1, 7, 8, 9, 129, 4096, 4097, 9000])(
    'treats each of %i blocks alone, under changing keys',
    async (count) => {
      const prg = new Prg(new Uint8Array(32).fill(count));
      for (let round = 0; round < 2; round++) {
        const key = prg.bytes(16);
        const blocks = prg.bytes(16 * count);
        const given = blocks.slice();
        const wanted = portablePermutation(key, blocks);
        const got = await permutation(key, blocks);
        expect(Buffer.compare(got, count > 200 ? wanted : oneByOne(key, blocks))).toBe(0);
        expect(Buffer.compare(blocks, given)).toBe(0);
        expect(Buffer.compare(await permutation(key, blocks), got)).toBe(0);
      }
    },
  );

  it('refuses keys of another length and parts of blocks', async () => {
    const codeOf = async (key: number, blocks: number): Promise<unknown> => {
      try {
        return await permutation(new Uint8Array(key), new Uint8Array(blocks));
      } catch (thrown) {
        return thrown instanceof CairnError ? thrown.code : thrown;
      }
    };
    expect(await codeOf(32, 16)).toBe('key-invalid');
    expect(await codeOf(16, 15)).toBe('wire-bounds');
  });
});

it('all three agree on many keys', async () => {
  const prg = new Prg(new Uint8Array(32).fill(77));
  for (let round = 0; round < 200; round++) {
    const key = prg.bytes(16);
    const blocks = prg.bytes(16 * 3);
    const wanted = oneByOne(key, blocks);
    for (const [, permutation] of ways) expect(Buffer.compare(await permutation(key, blocks), wanted)).toBe(0);
  }
});
