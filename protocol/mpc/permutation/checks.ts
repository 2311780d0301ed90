import { expectLength } from '../../crypto/checks.ts';
import { CairnError } from '../../errors.ts';

/** @throws CairnError `key-invalid` for a key of another length than 16 bytes, `wire-bounds` if there is a part of a block */
export function expectPermutation(key: Uint8Array, blocks: Uint8Array): void {
  expectLength('permutation key', key, 16);
  if (blocks.length % 16 === 0) return;
  throw new CairnError('wire-bounds', `expected blocks of 16 bytes, got ${blocks.length} bytes`);
}
