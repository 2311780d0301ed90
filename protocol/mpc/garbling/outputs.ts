import { sha256 } from '@noble/hashes/sha2.js';
import { CairnError } from '../../errors.ts';
import { arena } from '../kernels/arena.ts';
import { type Slices, zeroSlices } from '../slices.ts';
import type { Party } from '../turn.ts';
import type { Program } from './program.ts';

/**
 * How the outputs' labels become bits. A label is hashed to 16 bits under a key that depends on the circuit. Who learns
 * the outputs checks these bits, so a label that fits neither value, as after an altered table or message or with another
 * circuit, is refused: each label that is wrong passes with probability 2⁻¹⁵. That is a guard against faults and
 * mix-ups; a malicious garbler could still garble another circuit.
 *
 * To the evaluator the garbler sends two *rows* for each output, ordered by colour: the hash of that colour's label ⊕ its
 * value. To the garbler the evaluator returns a *tag* for each output: the hash with its lowest bit replaced by the
 * colour.
 */

/** Labels that are hashed at once. */
const AT_ONCE = 4096;

/** Bytes of a row or tag. */
export const TAG = 2;

/** The key under which the outputs' labels are hashed. */
export function outputKey({ digest }: Program, scheme: string, lanes: number, firstKey: Uint8Array): Uint8Array {
  const hash = sha256.create();
  hash.update(new TextEncoder().encode(`cairn garbled outputs ${scheme} ${lanes}`));
  return hash.update(digest).update(firstKey).digest().slice(0, 16);
}

/** The lowest 16 bits of H(label ⊕ offset, i) of each label i. */
function* hashed(labels: Uint8Array, offset: Uint8Array, key: Uint8Array): Party<Uint16Array> {
  const count = labels.length / 16;
  const tags = new Uint16Array(count);
  for (let from = 0; from < count; from += AT_ONCE) {
    const some = labels.subarray(16 * from, 16 * (from + AT_ONCE));
    const memory = arena();
    const blocks = memory.scoped(() => {
      const target = memory.reserve(some.length);
      memory.kernels.prepareHashes(memory.load(some), some.length / 16, memory.load(offset), from, target);
      return memory.bytes(target, some.length).slice();
    });
    const permuted = yield { kind: 'permute', key, blocks };
    for (let at = 0; at < some.length; at += 16) {
      const low = blocks[at]! ^ permuted[at]!;
      tags[from + at / 16] = low | ((blocks[at + 1]! ^ permuted[at + 1]!) << 8);
    }
    blocks.fill(0);
  }
  return tags;
}

/** The two hashes of each output: of its label for 0, and of the one for 1. */
function* bothHashed(
  zeros: Uint8Array,
  delta: Uint8Array,
  key: Uint8Array,
): Party<readonly [Uint16Array, Uint16Array]> {
  return [yield* hashed(zeros, new Uint8Array(16), key), yield* hashed(zeros, delta, key)];
}

/** The rows by which the evaluator decodes; `zeros` are the outputs' labels for 0. */
export function* decodingRows(zeros: Uint8Array, delta: Uint8Array, key: Uint8Array): Party<Uint8Array> {
  const tags = yield* bothHashed(zeros, delta, key);
  const rows = new Uint8Array(2 * TAG * tags[0].length);
  const view = new DataView(rows.buffer);
  for (let at = 0; at < tags[0].length; at++) {
    const colour = zeros[16 * at]! & 1;
    view.setUint16(2 * TAG * at + TAG * colour, tags[0][at]!, true);
    view.setUint16(2 * TAG * at + TAG * (1 - colour), tags[1][at]! ^ 1, true);
  }
  return rows;
}

/**
 * Decodes the evaluator's labels by the garbler's rows.
 * @throws CairnError `garbled-output` if a label fits neither value
 */
export function* decodeByRows(labels: Uint8Array, rows: Uint8Array, key: Uint8Array, lanes: number): Party<Slices> {
  const tags = yield* hashed(labels, new Uint8Array(16), key);
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  return toSlices(tags.length, lanes, (at) => {
    const colour = labels[16 * at]! & 1;
    return view.getUint16(2 * TAG * at + TAG * colour, true) ^ tags[at]!;
  });
}

/** The tags by which the garbler decodes. */
export function* outputTags(labels: Uint8Array, key: Uint8Array): Party<Uint8Array> {
  const tags = yield* hashed(labels, new Uint8Array(16), key);
  const bytes = new Uint8Array(TAG * tags.length);
  const view = new DataView(bytes.buffer);
  for (const [at, tag] of tags.entries()) view.setUint16(TAG * at, (tag & 0xfffe) | (labels[16 * at]! & 1), true);
  return bytes;
}

/**
 * Decodes the evaluator's tags.
 * @throws CairnError `garbled-output` if a tag is that of neither label
 */
export function* decodeByTags(
  zeros: Uint8Array,
  delta: Uint8Array,
  tags: Uint8Array,
  key: Uint8Array,
  lanes: number,
): Party<Slices> {
  const expected = yield* bothHashed(zeros, delta, key);
  const view = new DataView(tags.buffer, tags.byteOffset, tags.byteLength);
  return toSlices(expected[0].length, lanes, (at) => {
    const tag = view.getUint16(TAG * at, true);
    const value = (tag ^ zeros[16 * at]!) & 1;
    // Both hashes are read whatever the value is.
    const [zero, one] = [expected[0][at]!, expected[1][at]!];
    const wanted = zero ^ ((zero ^ one) & -value);
    return ((tag ^ wanted) & 0xfffe) | value;
  });
}

/** Collects values, outputs first; one that is neither 0 nor 1 is refused after all have been read. */
function toSlices(count: number, lanes: number, value: (at: number) => number): Slices {
  const slices = zeroSlices(count / lanes, lanes);
  let seen = 0;
  for (let row = 0, at = 0; row < slices.rows; row++) {
    for (let lane = 0; lane < lanes; lane++, at++) {
      const bit = value(at);
      seen |= bit;
      slices.words[row * slices.stride + (lane >>> 5)]! |= (bit & 1) << (lane & 31);
    }
  }
  if (seen > 1) throw new CairnError('garbled-output', 'an output label of the garbled circuit fits neither 0 nor 1');
  return slices;
}
