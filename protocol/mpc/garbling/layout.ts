import type { Program } from './program.ts';

/** ANDs, counted in lanes, that are hashed at once: 64 KiB of blocks, for which AES is fastest, and which fit into the cache. */
export const BATCH = 1024;

/** Bytes of a message that carries tables or labels, at most. */
const MESSAGE = 1_048_576;

/** Bytes before the tables of a message: the key under which they were hashed. */
export const KEY = 16;

/** A range of lanes, for which the whole circuit is garbled before the next begins. */
export interface Part {
  readonly from: number;
  readonly lanes: number;
}

/** The lanes in parts of about the same size, at most {@link BATCH} each. */
export function partsOf(lanes: number): readonly Part[] {
  const count = Math.ceil(lanes / BATCH);
  return Array.from({ length: count }, (_, at) => {
    const from = Math.floor((at * lanes) / count);
    return { from, lanes: Math.floor(((at + 1) * lanes) / count) - from };
  });
}

/** Gates of one level that are hashed at once. */
export function gatesAtOnce(lanes: number): number {
  return Math.max(1, Math.floor(BATCH / lanes));
}

/**
 * Lengths of the messages of tables: each begins with a key and has whole batches. There is always one, since the
 * outputs are hashed under a key that depends on the first.
 */
export function tableMessages({ steps }: Program, lanes: number, tableBytes: number): readonly number[] {
  const lengths: number[] = [];
  let length = KEY;
  for (const part of partsOf(lanes)) {
    const atOnce = gatesAtOnce(part.lanes);
    for (const { ands, end } of steps) {
      for (let gate = ands; gate < end; gate += atOnce) {
        const bytes = Math.min(atOnce, end - gate) * part.lanes * tableBytes;
        if (length + bytes > MESSAGE) {
          lengths.push(length);
          length = KEY;
        }
        length += bytes;
      }
    }
  }
  return [...lengths, length];
}

/** Lengths of the messages in which that many bytes travel; none for none. */
export function messagesOf(bytes: number): readonly number[] {
  const lengths: number[] = [];
  for (let left = bytes; left > 0; left -= MESSAGE) lengths.push(Math.min(MESSAGE, left));
  return lengths;
}
