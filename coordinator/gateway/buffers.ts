/**
 * Memory for messages that are being assembled. The buffer that was given back last is reused for the next message of
 * the same length: large buffers become garbage much faster than they are collected.
 */
export class Buffers {
  #spare: Uint8Array | undefined;

  /** A buffer of this many bytes, with arbitrary contents. */
  take(length: number): Uint8Array {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare?.length === length ? spare : new Uint8Array(length);
  }

  /** Gives back a buffer that is no longer in use. */
  giveBack(buffer: Uint8Array): void {
    this.#spare = buffer;
  }

  /** Frees the spare buffer. */
  clear(): void {
    this.#spare = undefined;
  }
}
