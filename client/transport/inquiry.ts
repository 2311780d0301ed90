import { diagnose, type Diagnosis } from './diagnosis.ts';
import type { Address } from './transport.ts';

/** Maximum number of probes of a client's address: what three have not found, a fourth would not. */
const MAX_PROBES = 3;

/** Finds out why a client gets no seat at an address: with a few probes, one at a time, only after failures. */
export class Inquiry {
  readonly #address: Address;
  readonly #over = new AbortController();
  #probes = 0;
  #busy = false;
  #about: string | undefined;
  #latest: Promise<Diagnosis | undefined> = Promise.resolve(undefined);

  constructor(address: Address) {
    this.#address = address;
  }

  /**
   * A websocket has failed, or was of no use.
   * @returns the obstacle, as far as a finished or current probe can tell; never rejects
   */
  after(reason: string): Promise<Diagnosis | undefined> {
    const known = this.#about === reason;
    if (this.#busy || known || this.#probes >= MAX_PROBES || this.#over.signal.aborted) return this.#latest;
    this.#probes++;
    this.#about = reason;
    this.#busy = true;
    this.#latest = diagnose(this.#address, reason, this.#over.signal).then((found) => {
      this.#busy = false;
      // If nothing was found, the same failure is worth another probe.
      if (found === undefined) this.#about = undefined;
      return found;
    });
    return this.#latest;
  }

  /** The client has a seat, or no longer wants one. */
  end(): void {
    this.#over.abort();
  }
}
