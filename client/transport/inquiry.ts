import { diagnose, type Diagnosis } from './diagnosis.ts';
import type { Address } from './transport.ts';

/** Looks of one client at its address: what three have not found out a fourth would not. */
const MAX_LOOKS = 3;

/** What a client finds out about an address at which it gets no seat: by a few looks, one at a time, after failures alone. */
export class Inquiry {
  readonly #address: Address;
  readonly #over = new AbortController();
  #looks = 0;
  #busy = false;
  #about: string | undefined;
  #latest: Promise<Diagnosis | undefined> = Promise.resolve(undefined);

  constructor(address: Address) {
    this.#address = address;
  }

  /**
   * A websocket has failed, or nothing has come of it.
   * @returns what stands in its way, as far as that is known by a look that is over or under way; never rejects
   */
  after(reason: string): Promise<Diagnosis | undefined> {
    const known = this.#about === reason;
    if (this.#busy || known || this.#looks >= MAX_LOOKS || this.#over.signal.aborted) return this.#latest;
    this.#looks++;
    this.#about = reason;
    this.#busy = true;
    this.#latest = diagnose(this.#address, reason, this.#over.signal).then((found) => {
      this.#busy = false;
      // Where nothing was found the same failure is worth another look.
      if (found === undefined) this.#about = undefined;
      return found;
    });
    return this.#latest;
  }

  /** There is a seat, or nobody wants one any more. */
  end(): void {
    this.#over.abort();
  }
}
