import type { Prg } from '../prg.ts';
import { type Party, send } from '../turn.ts';
import { KEY } from './layout.ts';

/** Where the tables of a batch are in a message. */
export interface Place {
  /** The key under which the batch is hashed: public, fresh for each message, chosen after the labels. */
  readonly key: Uint8Array;
  /** Bytes of tables before this batch under the same key. */
  readonly before: number;
  /** The batch's own bytes. */
  readonly tables: Uint8Array;
}

/** The messages of tables from front to back. */
export interface TableStream {
  /** The next bytes; they never straddle two messages. */
  place(bytes: number): Party<Place>;
}

/** The garbler's: fills messages and sends each when it is full. */
export class TableWriter implements TableStream {
  readonly #lengths: readonly number[];
  readonly #prg: Prg;
  #sent = 0;
  #message: Uint8Array;
  #at = KEY;
  /** The first message's key. */
  readonly firstKey: Uint8Array;

  constructor(lengths: readonly number[], prg: Prg) {
    this.#lengths = lengths;
    this.#prg = prg;
    this.#message = this.#begin();
    this.firstKey = this.#message.slice(0, KEY);
  }

  *place(bytes: number): Party<Place> {
    if (this.#at === this.#message.length) {
      yield* send(this.#message);
      this.#sent++;
      this.#message = this.#begin();
    }
    return take(this.#message, (this.#at += bytes) - bytes, bytes);
  }

  /** Sends the last message. */
  *end(): Party<void> {
    yield* send(this.#message);
  }

  #begin(): Uint8Array {
    const message = new Uint8Array(this.#lengths[this.#sent]!);
    message.set(this.#prg.bytes(KEY));
    this.#at = KEY;
    return message;
  }
}

/** The evaluator's: reads messages that it has received. */
export class TableReader implements TableStream {
  readonly #messages: readonly Uint8Array[];
  #read = 0;
  #at = KEY;

  constructor(messages: readonly Uint8Array[]) {
    this.#messages = messages;
  }

  // A party only since the writer's is one: whoever runs a program need not know which of the two it has.
  *place(bytes: number): Party<Place> {
    if (this.#at === this.#messages[this.#read]!.length) {
      this.#read++;
      this.#at = KEY;
    }
    return take(this.#messages[this.#read]!, (this.#at += bytes) - bytes, bytes);
  }
}

function take(message: Uint8Array, at: number, bytes: number): Place {
  return { key: message.subarray(0, KEY), before: at - KEY, tables: message.subarray(at, at + bytes) };
}
