import { equalBytes } from '../../crypto/bytes.ts';
import { expectPermutation } from './checks.ts';

/** The permutation of a {@link Permute} turn on a platform that answers later. */
export type AsyncPermutation = (key: Uint8Array, blocks: Uint8Array) => Promise<Uint8Array>;

/** A key as WebCrypto holds it. */
type HeldKey = object;

/** What is used of WebCrypto's `SubtleCrypto`, whose own name is one of the DOM's types. */
interface Subtle {
  importKey(
    format: 'raw',
    key: Uint8Array<ArrayBuffer>,
    algorithm: { readonly name: string },
    extractable: boolean,
    usages: ('encrypt' | 'decrypt')[],
  ): Promise<HeldKey>;
  encrypt(algorithm: CbcParameters, key: HeldKey, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
  decrypt(algorithm: CbcParameters, key: HeldKey, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
}

interface CbcParameters {
  readonly name: 'AES-CBC';
  readonly iv: Uint8Array<ArrayBuffer>;
}

/**
 * The permutation by WebCrypto: AES-CBC is the only mode in which it decrypts blocks that one chooses. CBC decrypts each
 * block and adds the one before, so that is added once more. It also wants valid padding, which an encryption of nothing
 * gives: with the last block as its initialisation vector, that is the very block that decrypts to padding behind it.
 * The key of the last call is kept.
 * @param subtle `crypto.subtle` of the platform
 * @returns a permutation, which rejects with CairnError `key-invalid` and `wire-bounds` as {@link portablePermutation} throws
 */
export function webCryptoPermutation(subtle: Subtle): AsyncPermutation {
  let last: { readonly key: Uint8Array; readonly held: Promise<HeldKey> } | undefined;
  return async (key, blocks) => {
    expectPermutation(key, blocks);
    if (blocks.length === 0) return new Uint8Array(0);
    if (last === undefined || !equalBytes(last.key, key)) {
      const copy = key.slice();
      last = { key: copy, held: subtle.importKey('raw', copy, { name: 'AES-CBC' }, false, ['encrypt', 'decrypt']) };
    }
    const held = await last.held;
    const chain = new Uint8Array(blocks.length + 16);
    chain.set(blocks);
    const iv = chain.slice(blocks.length - 16, blocks.length);
    chain.set(new Uint8Array(await subtle.encrypt({ name: 'AES-CBC', iv }, held, new Uint8Array(0))), blocks.length);
    const decrypted = await subtle.decrypt({ name: 'AES-CBC', iv: new Uint8Array(16) }, held, chain);
    const words = new Uint32Array(decrypted);
    const before = new Uint32Array(chain.buffer);
    for (let at = 4; at < words.length; at++) words[at]! ^= before[at - 4]!;
    return new Uint8Array(decrypted);
  };
}
