import { arena } from '../kernels/arena.ts';
import type { Party } from '../turn.ts';
import { LABEL_BYTES } from './types.ts';

/**
 * Hashing of labels, H(x, t) = π(σ(x) ⊕ t) ⊕ σ(x) ⊕ t with a linear orthomorphism σ: tweakable and correlation robust even when the
 * correlation is known to be a circle (Guo, Katz, Wang and Yu 2020, §7.4), with the permutation modelled as an ideal cipher. The tweak
 * counts the blocks under one key; a key belongs to one step of one setup, so that no input of the permutation can be attacked together
 * with those of other steps.
 */

const NO_OFFSET = new Uint8Array(LABEL_BYTES);

/**
 * Hashes each label, `blocks` blocks of 16 bytes from each: block b of label i has the tweak i · blocks + b + `tweak`.
 * @param offset added to each label before: the sender's delta, for the labels that choice 1 gives
 */
export function hashInputs(labels: Uint8Array, blocks: number, tweak = 0, offset: Uint8Array = NO_OFFSET): Uint8Array {
  const count = labels.length / LABEL_BYTES;
  const memory = arena();
  return memory.scoped(() => {
    const target = memory.reserve(labels.length * blocks);
    memory.kernels.hashInputs(memory.load(labels), count, blocks, memory.load(offset), tweak, target);
    return memory.bytes(target, labels.length * blocks).slice();
  });
}

/** Applies the permutation to what {@link hashInputs} gave, and adds that again. The inputs are wiped. */
export function* finishHash(key: Uint8Array, inputs: Uint8Array): Party<Uint8Array> {
  const permuted = yield { kind: 'permute', key, blocks: inputs };
  const memory = arena();
  const hashed = memory.scoped(() => {
    const target = memory.load(permuted);
    memory.kernels.xorBlocks(target, memory.load(inputs), inputs.length / LABEL_BYTES);
    return memory.bytes(target, inputs.length).slice();
  });
  inputs.fill(0);
  permuted.fill(0);
  return hashed;
}
