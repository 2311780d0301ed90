import { createHash } from 'node:crypto';
import { inTurns } from '../../platform/index.ts';

/** Bytes that are hashed without a pause: a millisecond or two. */
const PART = 2 ** 21;

/**
 * SHA-256 in hex, a model's name in a store and on the wire, computed in slices between other work.
 * @param copy - an array as long as the bytes, if they are to be copied as well
 */
export async function modelHashOf(bytes: Uint8Array, copy?: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  const steps = function* (): Generator<number, void> {
    for (let from = 0; from < bytes.length; from += PART) {
      const part = bytes.subarray(from, from + PART);
      copy?.set(part, from);
      hash.update(part);
      yield from;
    }
  };
  await inTurns(steps());
  return hash.digest('hex');
}
