import { arena } from '../kernels/arena.ts';
import { expectPermutation } from './checks.ts';

/** Bytes that the kernel works on at once: eight blocks. */
const GROUP = 128;

/** Bytes of the expanded key: a group for each of eleven round keys. */
const SCHEDULE = 11 * GROUP;

/** Bytes that are copied to the kernels' memory at once. */
const CHUNK = 65_536;

/**
 * The permutation of {@link Permute} by Cairn's own kernel, bit-sliced and in constant time: for small batches in a
 * browser, where asking WebCrypto takes longer than this, and for platforms without another AES.
 * @throws CairnError `key-invalid` for a key of another length than 16, `wire-bounds` if there is a part of a block
 */
export function portablePermutation(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  expectPermutation(key, blocks);
  const out = new Uint8Array(blocks.length);
  const memory = arena();
  memory.scoped(() => {
    const schedule = memory.reserve(SCHEDULE);
    const work = memory.reserve(GROUP * Math.ceil(Math.min(CHUNK, blocks.length) / GROUP));
    memory.kernels.expandKey(memory.load(key), schedule, memory.reserve(GROUP));
    for (let at = 0; at < blocks.length; at += CHUNK) {
      const some = blocks.subarray(at, at + CHUNK);
      const view = memory.bytes(work, some.length);
      view.set(some);
      memory.kernels.permuteBlocks(schedule, work, Math.ceil(some.length / GROUP));
      out.set(view, at);
    }
  });
  return out;
}
