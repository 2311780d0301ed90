import { portablePrimitives } from '../../crypto/portable.ts';
import { u32le } from '../../crypto/bytes.ts';
import { LABELS } from '../../crypto/suite.ts';
import { transcript } from '../../crypto/transcript.ts';
import { CairnError } from '../../errors.ts';
import { arena } from '../kernels/arena.ts';
import { LABEL_BYTES } from './types.ts';

/** Columns of the extension, and so base transfers of a setup: the bits of a label. */
export const COLUMNS = 128;

/** Transfers of one step at most: its message then has 1 MiB. */
export const MAX_STEP = 65_536;

const SEED_BYTES = 32;
const STREAM_BYTES = 96;

/** Bytes of each stream that a tile of the kernels takes. */
const GROUP_BYTES = 256;
const BLOCKS_PER_GROUP = 4;

/** Bytes of a column that go through the arena at once: little enough to stay in a near cache. */
const SLICE = 4 * GROUP_BYTES;

/** The block counter of a stream has 32 bits. */
const MAX_COUNTER = 2 ** 32;

/** Bytes of a column for that many transfers: whole groups of 128. */
function columnBytes(count: number): number {
  return 16 * Math.ceil(count / 128);
}

/** Blocks of a stream that so many whole groups of bytes take. */
function blocksOf(bytes: number): number {
  return (BLOCKS_PER_GROUP * bytes) / GROUP_BYTES;
}

/** Cuts a column into slices: where each begins, and its bytes. */
function* slicesOf(width: number): Generator<readonly [from: number, part: number]> {
  for (let from = 0; from < width; from += SLICE) yield [from, Math.min(SLICE, width - from)];
}

/** Copies rows into what is left of a target; the rest are the padding's. */
function storeRows(rows: Uint8Array, target: Uint8Array, at: number): void {
  target.set(rows.subarray(0, target.length - at), at);
}

/** Bytes of the message that extends by `count` transfers: 16 for each, in whole groups of 128. */
export function stepBytes(count: number): number {
  return COLUMNS * columnBytes(count);
}

/** What a step gives the receiver. */
export interface ReceiverStep {
  readonly message: Uint8Array;
  readonly labels: Uint8Array;
  readonly hashKey: Uint8Array;
}

/** What a step gives the sender. */
export interface SenderStep {
  readonly zeros: Uint8Array;
  readonly hashKey: Uint8Array;
}

/** @throws CairnError `wire-bounds` unless 1 ≤ count ≤ {@link MAX_STEP} */
function checkStep(count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= MAX_STEP) return;
  throw new CairnError('wire-bounds', `a step has 1 to ${MAX_STEP} transfers, not ${count}`);
}

/** What a step gives its two sides beside labels: a key for hashing these labels, public and never used again. */
function hashKeyOf(session: Uint8Array, step: number): Uint8Array {
  return transcript(portablePrimitives, LABELS.transferHash, session, u32le(step)).slice(0, LABEL_BYTES);
}

/** Keys of the columns' streams, of which each step takes whole groups; both sides count alike. */
class ColumnKeys {
  readonly #keys: Uint8Array;
  readonly #session: Uint8Array;
  #counter = 0;
  #steps = 0;
  #wiped = false;

  constructor(keys: Uint8Array, session: Uint8Array) {
    this.#keys = keys;
    this.#session = session;
  }

  /** Ends the step. */
  hashKey(): Uint8Array {
    return hashKeyOf(this.#session, this.#steps++);
  }

  /** Prepares the streams in the arena, and moves on by what `width` bytes of a column take. */
  prepare(width: number): { readonly streams: number; readonly counter: number } {
    if (this.#wiped) throw new CairnError('secret-wiped', 'transfers were extended after their setup had been wiped');
    const counter = this.#counter;
    const next = counter + blocksOf(GROUP_BYTES * Math.ceil(width / GROUP_BYTES));
    if (next > MAX_COUNTER) throw new CairnError('wire-bounds', 'a setup gives 2^41 transfers and no more');
    this.#counter = next;
    const count = this.#keys.length / SEED_BYTES;
    const memory = arena();
    const streams = memory.reserve(STREAM_BYTES * count);
    memory.kernels.prepareStreams(memory.load(this.#keys), streams, count);
    return { streams, counter };
  }

  wipe(): void {
    this.#keys.fill(0);
    this.#wiped = true;
  }
}

/**
 * One side of an IKNP extension (Ishai, Kilian, Nissim and Petrank 2003, §3, with the correlation of Asharov, Lindell,
 * Schneider and Zohner 2013, §5.1), the receiver of its transfers, which was the sender of the base transfers.
 * Correlated: what the sender gets are not strings of its choice.
 *
 * Semi-honest: a receiver that uses other choices in different columns learns bits of the sender's delta, since the
 * check of consistency by Keller, Orsini and Scholl (2015) is left out. A cheating sender learns nothing of the
 * choices: all it gets is masked by the streams of which the base transfers gave it one of two.
 */
export class ExtensionReceiver {
  readonly #keys: ColumnKeys;

  /**
   * @param pairs 128 pairs of keys of 32 bytes, whose owner the extension becomes
   * @param session 32 bytes that both sides know and no other setup has
   */
  constructor(pairs: Uint8Array, session: Uint8Array) {
    this.#keys = new ColumnKeys(pairs, session);
  }

  /**
   * A step of `count` transfers.
   * @param choices ⌈count / 8⌉ bytes; bits after the last are ignored
   * @param target where the labels go, 16 bytes a transfer; made if left out
   * @returns a message of {@link stepBytes} for the sender; the labels, 16 bytes a transfer; a public key for hashing
   * them
   * @throws CairnError `wire-bounds` for a count or number of bytes that does not fit, `secret-wiped` after
   *   {@link wipe}
   */
  step(choices: Uint8Array, count: number, target?: Uint8Array): ReceiverStep {
    checkStep(count);
    const packed = cleanChoices(choices, count);
    const width = columnBytes(count);
    const message = new Uint8Array(COLUMNS * width);
    const labels = target ?? new Uint8Array(LABEL_BYTES * count);
    const memory = arena();
    memory.scoped(() => {
      const { streams, counter } = this.#keys.prepare(width);
      const tile = memory.reserve((COLUMNS + 1) * GROUP_BYTES);
      const bits = memory.reserve(SLICE);
      const sent = memory.reserve(COLUMNS * SLICE);
      const rows = memory.reserve(COLUMNS * SLICE);
      for (const [from, part] of slicesOf(width)) {
        memory
          .bytes(bits, SLICE)
          .fill(0)
          .set(packed.subarray(from, from + part));
        memory.kernels.extendReceiver(streams, counter + blocksOf(from), bits, part, tile, sent, rows);
        message.set(memory.bytes(sent, COLUMNS * part), COLUMNS * from);
        storeRows(memory.bytes(rows, COLUMNS * part), labels, COLUMNS * from);
      }
    });
    packed.fill(0);
    return { message, labels, hashKey: this.#keys.hashKey() };
  }

  /** Zeroes the keys. Wiping twice is harmless. */
  wipe(): void {
    this.#keys.wipe();
  }
}

/**
 * The other side: the sender of the extension's transfers, which chose in the base transfers by the bits of its delta.
 */
export class ExtensionSender {
  /** 16 bytes; the lowest bit is 1. Not to be changed. */
  readonly delta: Uint8Array;
  readonly #keys: ColumnKeys;

  /**
   * @param delta 16 bytes, whose owner the extension becomes
   * @param keys 128 keys of 32 bytes, likewise: key j is the one of pair j that bit j of delta chose
   * @param session as the receiver's
   */
  constructor(delta: Uint8Array, keys: Uint8Array, session: Uint8Array) {
    this.delta = delta;
    this.#keys = new ColumnKeys(keys, session);
  }

  /**
   * The sender's part in a step.
   * @param target where the labels go, as in {@link ExtensionReceiver.step}
   * @returns the labels that choice 0 gives, 16 bytes a transfer, and the receiver's key for hashing
   * @throws CairnError `wire-bounds` for a count or message that does not fit, `secret-wiped` after {@link wipe}
   */
  step(message: Uint8Array, count: number, target?: Uint8Array): SenderStep {
    checkStep(count);
    if (message.length !== stepBytes(count)) {
      throw new CairnError('wire-bounds', `${count} transfers take ${stepBytes(count)} bytes, not ${message.length}`);
    }
    const width = columnBytes(count);
    const zeros = target ?? new Uint8Array(LABEL_BYTES * count);
    const memory = arena();
    memory.scoped(() => {
      const { streams, counter } = this.#keys.prepare(width);
      const delta = memory.load(this.delta);
      const tile = memory.reserve(COLUMNS * GROUP_BYTES);
      const came = memory.reserve(COLUMNS * SLICE);
      const rows = memory.reserve(COLUMNS * SLICE);
      for (const [from, part] of slicesOf(width)) {
        memory.bytes(came, COLUMNS * part).set(message.subarray(COLUMNS * from, COLUMNS * (from + part)));
        memory.kernels.extendSender(streams, counter + blocksOf(from), delta, part, tile, came, rows);
        storeRows(memory.bytes(rows, COLUMNS * part), zeros, COLUMNS * from);
      }
    });
    return { zeros, hashKey: this.#keys.hashKey() };
  }

  /** Zeroes delta and the keys. Wiping twice is harmless. */
  wipe(): void {
    this.delta.fill(0);
    this.#keys.wipe();
  }
}

/** A copy of the packed choices whose bits after the last are 0. */
export function cleanChoices(choices: Uint8Array, count: number): Uint8Array {
  if (choices.length !== Math.ceil(count / 8)) {
    throw new CairnError('wire-bounds', `${count} choices take ${Math.ceil(count / 8)} bytes, not ${choices.length}`);
  }
  const clean = choices.slice();
  if (count % 8 !== 0) clean[clean.length - 1]! &= (1 << (count % 8)) - 1;
  return clean;
}
