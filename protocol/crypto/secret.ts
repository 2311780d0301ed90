import { CairnError } from '../errors.ts';

/** What loggers, JSON and consoles show in place of a secret. */
const REDACTED = '[secret]';

/**
 * The one type for secret bytes: secret keys, self mask seeds, derived keys, shares. It cannot be printed, serialised,
 * or read after it was wiped, so a forgotten log line shows `[secret]` and a reuse fails closed.
 */
export class SecretBytes {
  readonly #bytes: Uint8Array;
  #wiped = false;

  /** Takes ownership of `bytes`: the caller keeps no other reference. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Number of bytes. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Whether {@link wipe} was called. */
  get wiped(): boolean {
    return this.#wiped;
  }

  /**
   * The bytes themselves, not a copy: use them at once, and keep no reference.
   * @throws CairnError `secret-wiped` after {@link wipe}
   */
  expose(): Uint8Array {
    if (this.#wiped) throw new CairnError('secret-wiped', 'a secret was used after it had been wiped');
    return this.#bytes;
  }

  /** Overwrites the bytes with zeros. Wiping twice is harmless. */
  wipe(): void {
    this.#bytes.fill(0);
    this.#wiped = true;
  }

  /** True when every byte in memory is zero: for tests of wiping. */
  forTestingIsZero(): boolean {
    return this.#bytes.every((byte) => byte === 0);
  }

  toJSON(): string {
    return REDACTED;
  }

  toString(): string {
    return REDACTED;
  }

  /** Node's console and `util.inspect` ask for this symbol. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}
