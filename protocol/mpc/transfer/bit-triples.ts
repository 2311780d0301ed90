import { arena } from '../kernels/arena.ts';
import type { Prg } from '../prg.ts';
import { packedRowBytes, type Slices, zeroSlices } from '../slices.ts';
import { exchange, type Party } from '../turn.ts';
import { choicesOf, stepsOf } from './correlated.ts';
import { MAX_STEP } from './extension.ts';
import { hashBoth, hashLabels } from './hash.ts';
import type { BothWays } from './setup.ts';
import { LABEL_BYTES } from './types.ts';

/** Shares of AND triples: with the other side's, (a ⊕ a') · (b ⊕ b') = c ⊕ c' in every bit. */
export interface BitTriples {
  readonly a: Slices;
  readonly b: Slices;
  readonly c: Slices;
}

/**
 * AND triples of two random transfers each, one in each direction (Asharov, Lindell, Schneider and Zohner 2013, §5.4):
 * as receiver a party chooses by its a; as sender of the bits x0, x1 it takes b = x0 ⊕ x1. Then x_a = x0 ⊕ a · b shares
 * one cross product, and c needs no further message. Both parties run this; 16 bytes go each way for a triple.
 * Semi-honest.
 * @param setup used by nothing else at the same time
 * @param prg gives the shares a
 */
export function* bitTriples(setup: BothWays, rows: number, lanes: number, prg: Prg): Party<BitTriples> {
  const bytes = rows * packedRowBytes(lanes);
  const a = prg.bytes(bytes);
  const b = new Uint8Array(bytes);
  const c = new Uint8Array(bytes);
  for (const [from, count] of stepsOf(8 * bytes, MAX_STEP)) {
    const choices = choicesOf(a, from, count);
    const received = setup.receiver.step(choices, count);
    const sent = setup.sender.step(yield* exchange(received.message), count);
    const runs = [{ count, blocks: 1 }];
    const pads = yield* hashBoth(sent.hashKey, sent.zeros, setup.sender.delta, runs);
    const x0 = lowBits(pads.zeros);
    const x1 = lowBits(pads.ones);
    const chosen = lowBits(yield* hashLabels(received.hashKey, received.labels, runs));
    for (let i = 0; i < x0.length; i++) {
      const own = x0[i]! ^ x1[i]!;
      b[from / 8 + i] = own;
      c[from / 8 + i] = (choices[i]! & own) ^ x0[i]! ^ chosen[i]!;
    }
    for (const secret of [x0, x1, chosen]) secret.fill(0);
  }
  return { a: toSlices(a, rows, lanes), b: toSlices(b, rows, lanes), c: toSlices(c, rows, lanes) };
}

/** The lowest bit of each block, packed; the blocks are wiped. */
function lowBits(blocks: Uint8Array): Uint8Array {
  const bytes = blocks.length / LABEL_BYTES / 8;
  const memory = arena();
  const packed = memory.scoped(() => {
    const target = memory.reserve(bytes);
    memory.kernels.packLowBits(memory.load(blocks), bytes, target);
    return memory.bytes(target, bytes).slice();
  });
  blocks.fill(0);
  return packed;
}

/** Rows of whole bytes as slices; the bytes are wiped. */
function toSlices(packed: Uint8Array, rows: number, lanes: number): Slices {
  const slices = zeroSlices(rows, lanes);
  const width = packedRowBytes(lanes);
  const bytes = new Uint8Array(slices.words.buffer);
  for (let row = 0; row < rows; row++) {
    bytes.set(packed.subarray(row * width, (row + 1) * width), 4 * row * slices.stride);
  }
  packed.fill(0);
  return slices;
}
