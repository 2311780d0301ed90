import { CairnError } from '../errors.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads one message. Every length is checked against the remaining bytes before anything is allocated, and {@link end}
 * refuses anything after the last field, so that a message has one encoding and no hidden part.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #name: string;
  #at = 0;

  /** @param name the message's name, for error messages */
  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#name = name;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#take(2, field), true);
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#take(4, field), true);
  }

  /** A finite double in its canonical encoding: no NaN, no infinity, no negative zero. */
  f64(field: string): number {
    const value = this.#view.getFloat64(this.#take(8, field), true);
    if (!Number.isFinite(value)) throw this.error('wire-bounds', `${field} must be a finite number`);
    if (Object.is(value, -0)) throw this.error('wire-not-canonical', `${field} is a negative zero`);
    return value;
  }

  /** A number within bounds. @throws CairnError `wire-bounds` */
  u32In(field: string, least: number, most: number): number {
    return this.#within(this.u32(field), field, least, most);
  }

  /** A number within bounds. @throws CairnError `wire-bounds` */
  u16In(field: string, least: number, most: number): number {
    return this.#within(this.u16(field), field, least, most);
  }

  /** A number within bounds. @throws CairnError `wire-bounds` */
  u8In(field: string, least: number, most: number): number {
    return this.#within(this.u8(field), field, least, most);
  }

  /** A flag: 0 or 1. @throws CairnError `wire-not-canonical` */
  flag(field: string): boolean {
    const value = this.u8(field);
    if (value > 1) throw this.error('wire-not-canonical', `${field} must be 0 or 1, but is ${value}`);
    return value === 1;
  }

  /** `length` bytes, as a view into the message: copy what must outlive it. */
  raw(length: number, field: string): Uint8Array {
    const at = this.#take(length, field);
    return this.#bytes.subarray(at, at + length);
  }

  /** A u32 length of at most `most` and that many bytes, as a view. */
  block(field: string, most: number): Uint8Array {
    return this.raw(this.u32In(`length of ${field}`, 0, most), field);
  }

  /** A u16 length of at most `most` bytes and UTF-8 text. @throws CairnError `wire-not-canonical` for invalid UTF-8 */
  text(field: string, most: number): string {
    const length = this.#within(this.u16(`length of ${field}`), `length of ${field}`, 0, most);
    const bytes = this.raw(length, field);
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw this.error('wire-not-canonical', `${field} is not valid UTF-8`, cause);
    }
  }

  /** All remaining bytes, as a view. */
  rest(): Uint8Array {
    return this.raw(this.remaining, 'rest');
  }

  /** @throws CairnError `wire-trailing` if bytes remain */
  end(): void {
    if (this.remaining > 0) throw this.error('wire-trailing', `${this.remaining} bytes follow the last field`);
  }

  /** An error naming the message. */
  error(
    code: 'wire-bounds' | 'wire-not-canonical' | 'wire-trailing' | 'wire-truncated' | 'wire-type',
    text: string,
    cause?: unknown,
  ): CairnError {
    return new CairnError(code, `${this.#name}: ${text}`, { cause });
  }

  #take(count: number, field: string): number {
    if (count > this.remaining) {
      throw this.error('wire-truncated', `${field} needs ${count} bytes, but ${this.remaining} are left`);
    }
    const at = this.#at;
    this.#at += count;
    return at;
  }

  #within(value: number, field: string, least: number, most: number): number {
    if (value < least || value > most)
      throw this.error('wire-bounds', `${field} must lie in ${least} … ${most}, but is ${value}`);
    return value;
  }
}
