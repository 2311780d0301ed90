import { portablePermutation, webCryptoPermutation } from '../../protocol/mpc/permutation/index.ts';
import type { AnyPermutation } from '../drivers/run.ts';

/**
 * Bytes from which WebCrypto is asked: below, its answer takes longer to come than Cairn's own kernel to compute it.
 */
const MANY = 32_768;

/**
 * The permutation of a page: by Cairn's kernel for a few blocks, and by WebCrypto for many if the browser trusts the page
 * with it, which it does over TLS and on this machine's own addresses.
 */
export function browserPermutation(): AnyPermutation {
  // Undefined in an insecure context, whatever its type says.
  const { subtle } = globalThis.crypto as { readonly subtle?: SubtleCrypto };
  if (subtle === undefined) return portablePermutation;
  const byBrowser = webCryptoPermutation(subtle);
  return (key, blocks) => (blocks.length < MANY ? portablePermutation : byBrowser)(key, blocks);
}
