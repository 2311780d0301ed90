import { CairnError } from '../../errors.ts';

/**
 * What a party holds between two phases. It is taken once: a garbled circuit that is used for two inputs would give the
 * evaluator both labels of a wire.
 */
export class SecretState<T> {
  #held: T | undefined;
  readonly #secrets: readonly Uint8Array[];

  /** @param secrets the parts of it to wipe */
  constructor(held: T, secrets: readonly Uint8Array[]) {
    this.#held = held;
    this.#secrets = secrets;
  }

  /**
   * Gives what is held; the caller wipes it afterwards.
   * @throws CairnError `secret-wiped` the second time, and after {@link wipe}
   */
  take(): T {
    const held = this.#held;
    if (held === undefined) throw new CairnError('secret-wiped', 'a garbled circuit is good for one evaluation');
    this.#held = undefined;
    return held;
  }

  /** Zeroes the secrets, also those of a state that is never used. Wiping twice is harmless. */
  wipe(): void {
    this.#held = undefined;
    for (const secret of this.#secrets) secret.fill(0);
  }
}
