import type { Arena } from '../kernels/arena.ts';
import type { Prg } from '../prg.ts';
import { type Party, send } from '../turn.ts';
import { KEY } from './layout.ts';

/** The tables of a batch. */
export interface Place {
  /** The key under which the batch is hashed: public, fresh for each message, drawn after the labels. */
  readonly key: Uint8Array;
  /** Bytes of tables before this batch under the same key. */
  readonly before: number;
  /** Address of the batch's tables: for the garbler to fill, for the evaluator to read. */
  readonly at: number;
}

/** The messages of tables from front to back. */
export interface TableStream {
  /** Reserves what the stream needs in an arena; called once, before all else. */
  open(memory: Arena, largestBatch: number): void;
  /** The tables of the next batch; they never straddle two messages. */
  place(bytes: number): Party<Place>;
  /** All batches are done. */
  close(): Party<void>;
}

/**
 * The garbler's: sends each message when it is full. A message is filled in the arena and copied once: a fresh array for
 * each would be zeroed first, and its pages be touched for the first time by each store.
 */
export class TableWriter implements TableStream {
  readonly #lengths: readonly number[];
  readonly #prg: Prg;
  readonly #keys: Uint8Array[] = [];
  #memory: Arena | undefined;
  #message = 0;
  #filled = KEY;

  constructor(lengths: readonly number[], prg: Prg) {
    this.#lengths = lengths;
    this.#prg = prg;
    this.#keys.push(prg.bytes(KEY));
  }

  /** The first message's key. */
  get firstKey(): Uint8Array {
    return this.#keys[0]!;
  }

  open(memory: Arena): void {
    this.#memory = memory;
    this.#message = memory.reserve(Math.max(...this.#lengths));
  }

  *place(bytes: number): Party<Place> {
    if (this.#filled === this.#lengths[this.#keys.length - 1]) {
      yield* this.close();
      this.#keys.push(this.#prg.bytes(KEY));
      this.#filled = KEY;
    }
    const before = this.#filled - KEY;
    this.#filled += bytes;
    return { key: this.#keys.at(-1)!, before, at: this.#message + KEY + before };
  }

  *close(): Party<void> {
    const message = this.#memory!.bytes(this.#message, this.#filled);
    message.set(this.#keys.at(-1)!);
    yield* send(new Uint8Array(message.buffer.slice(message.byteOffset, message.byteOffset + message.length)));
  }
}

/** The evaluator's: reads messages that it has received. */
export class TableReader implements TableStream {
  readonly #messages: readonly Uint8Array[];
  #memory: Arena | undefined;
  #staging = 0;
  #read = 0;
  #taken = KEY;

  constructor(messages: readonly Uint8Array[]) {
    this.#messages = messages;
  }

  open(memory: Arena, largestBatch: number): void {
    this.#memory = memory;
    this.#staging = memory.reserve(largestBatch);
  }

  *place(bytes: number): Party<Place> {
    if (this.#taken === this.#messages[this.#read]!.length) {
      this.#read++;
      this.#taken = KEY;
    }
    const message = this.#messages[this.#read]!;
    const before = this.#taken - KEY;
    this.#memory!.bytes(this.#staging, bytes).set(message.subarray(this.#taken, (this.#taken += bytes)));
    return { key: message.subarray(0, KEY), before, at: this.#staging };
  }

  *close(): Party<void> {
    // Nothing is left to receive.
  }
}
