import { createDecipheriv, type Decipher } from 'node:crypto';
import { equalBytes } from '../bytes.ts';
import { expectLength } from '../checks.ts';
import { CairnError } from '../../errors.ts';

/** Bytes given to OpenSSL at once: it is fastest at 16 to 64 KiB; from 1 MiB on, allocating results takes longer than AES. */
const CHUNK = 65_536;

/** The key used last and its cipher: batches under one key follow each other, and making a cipher takes microseconds. */
let last: { readonly key: Uint8Array; readonly cipher: Decipher } | undefined;

/**
 * AES-128 under `key` (16 bytes), in the direction of decryption, on each block of 16 bytes alone: the pseudorandom
 * permutation that garbling and oblivious transfer hash with. The key of the last call is kept, so it must be public.
 * @throws CairnError `key-invalid` for a key of another length, `wire-bounds` if there is a part of a block
 */
export function nodePermutation(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  expectLength('permutation key', key, 16);
  if (blocks.length % 16 !== 0) {
    throw new CairnError('wire-bounds', `expected blocks of 16 bytes, got ${blocks.length} bytes`);
  }
  const cipher = cipherOf(key);
  if (blocks.length <= CHUNK) {
    const out = cipher.update(blocks);
    // Not as a Buffer, whose slice() is a view.
    return new Uint8Array(out.buffer, out.byteOffset, out.length);
  }
  const out = new Uint8Array(blocks.length);
  for (let at = 0; at < blocks.length; at += CHUNK) out.set(cipher.update(blocks.subarray(at, at + CHUNK)), at);
  return out;
}

function cipherOf(key: Uint8Array): Decipher {
  if (last !== undefined && equalBytes(last.key, key)) return last.cipher;
  // Without padding OpenSSL holds no block back, so one cipher serves any number of calls.
  const cipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  last = { key: key.slice(), cipher };
  return cipher;
}
