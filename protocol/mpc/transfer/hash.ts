import { arena } from '../kernels/arena.ts';
import type { Party } from '../turn.ts';
import { LABEL_BYTES } from './types.ts';

/**
 * Hashing of labels: H(x, t) = π(σ(x) ⊕ t) ⊕ σ(x) ⊕ t with a linear orthomorphism σ, so that H(x, t) and H(x ⊕ delta,
 * t) are unrelated for a party that does not know delta (Guo, Katz, Wang and Yu 2020: tweakable circular correlation
 * robustness, with π as an ideal permutation and labels that are uniform, as those of semi-honest parties are). The
 * tweak counts the blocks under one key. A key belongs to one step of one setup, so an attacker gains nothing from
 * collecting many steps.
 */

const NO_OFFSET = new Uint8Array(LABEL_BYTES);

/** So many labels that are hashed to so many blocks of 16 bytes each. */
export interface HashRun {
  readonly count: number;
  readonly blocks: number;
}

/**
 * What goes into the permutation: for each run in order, for each of its labels in order, its blocks.
 * @param labels those of all runs, 16 bytes each
 * @param offset added to each label before: the sender's delta gives the labels of choice 1
 * @internal Tests compare the hash in its halves with one by big integers.
 */
export function hashInputs(labels: Uint8Array, runs: readonly HashRun[], offset: Uint8Array = NO_OFFSET): Uint8Array {
  const total = runs.reduce((sum, { count, blocks }) => sum + count * blocks, 0);
  const memory = arena();
  return memory.scoped(() => {
    const difference = memory.load(offset);
    const target = memory.reserve(LABEL_BYTES * total);
    let source = memory.load(labels);
    let tweak = 0;
    for (const { count, blocks } of runs) {
      memory.kernels.hashInputs(source, count, blocks, difference, tweak, target + LABEL_BYTES * tweak);
      source += LABEL_BYTES * count;
      tweak += count * blocks;
    }
    return memory.bytes(target, LABEL_BYTES * total).slice();
  });
}

/**
 * Applies the permutation to what {@link hashInputs} gave and adds that again. The inputs are wiped.
 * @internal Tests compare the hash in its halves with one by big integers.
 */
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

/** The hashes of labels; the labels are wiped. */
export function* hashLabels(key: Uint8Array, labels: Uint8Array, runs: readonly HashRun[]): Party<Uint8Array> {
  const inputs = hashInputs(labels, runs);
  labels.fill(0);
  return yield* finishHash(key, inputs);
}

/** The hashes of both labels of each transfer; the labels are wiped. */
export function* hashBoth(
  key: Uint8Array,
  zeros: Uint8Array,
  delta: Uint8Array,
  runs: readonly HashRun[],
): Party<{ readonly zeros: Uint8Array; readonly ones: Uint8Array }> {
  const inputs = [hashInputs(zeros, runs), hashInputs(zeros, runs, delta)] as const;
  zeros.fill(0);
  return { zeros: yield* finishHash(key, inputs[0]), ones: yield* finishHash(key, inputs[1]) };
}
