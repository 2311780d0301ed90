/**
 * Memory for messages that are being assembled. The buffer that was given back last serves the next message of its
 * length: large buffers become garbage much faster than they are collected.
 */
export class Buffers {
  #spare: Uint8Array | undefined;

  /** A buffer of so many bytes, with anything in it. */
  take(length: number): Uint8Array {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare?.length === length ? spare : new Uint8Array(length);
  }

  /** Gives a buffer back, which nobody looks at any more. */
  giveBack(buffer: Uint8Array): void {
    this.#spare = buffer;
  }

  /** Lets go of what is kept. */
  clear(): void {
    this.#spare = undefined;
  }
}
