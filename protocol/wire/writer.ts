import { CairnError } from '../errors.ts';

const encoder = new TextEncoder();

/** Builds one message: little-endian numbers and bytes, one after another, into a buffer that grows as needed. */
export class ByteWriter {
  #buffer: Uint8Array;
  #view: DataView;
  #length = 0;

  /** @param capacity bytes expected, so that large messages are allocated once */
  constructor(capacity = 256) {
    this.#buffer = new Uint8Array(capacity);
    this.#view = new DataView(this.#buffer.buffer);
  }

  u8(value: number): this {
    const at = this.#reserve(1);
    this.#view.setUint8(at, whole(value, 0xff));
    return this;
  }

  u16(value: number): this {
    const at = this.#reserve(2);
    this.#view.setUint16(at, whole(value, 0xffff), true);
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, whole(value, 0xffff_ffff), true);
    return this;
  }

  /** IEEE 754 double. @throws CairnError `wire-bounds` for NaN and infinite values, which no field may contain */
  f64(value: number): this {
    if (!Number.isFinite(value)) throw new CairnError('wire-bounds', `a number must be finite, but is ${value}`);
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value, true);
    return this;
  }

  /** Bytes of a length that both sides know. */
  raw(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#buffer.set(bytes, at);
    return this;
  }

  /** Exactly `length` bytes. @throws CairnError `wire-bounds` for a wrong length */
  fixed(bytes: Uint8Array, length: number): this {
    if (bytes.length !== length)
      throw new CairnError('wire-bounds', `a field of ${length} bytes cannot hold ${bytes.length}`);
    return this.raw(bytes);
  }

  /** A u32 length and that many bytes. */
  block(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes);
  }

  /** A u16 length in bytes and UTF-8 text. */
  text(text: string): this {
    const bytes = encoder.encode(text);
    return this.u16(bytes.length).raw(bytes);
  }

  /** The message so far, as a view of exactly its length. The writer must not be used afterwards. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#buffer.length));
      grown.set(this.#buffer);
      this.#buffer = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

function whole(value: number, most: number): number {
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new CairnError('wire-bounds', `expected an integer from 0 to ${most}, got ${value}`);
  }
  return value;
}
