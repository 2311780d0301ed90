import { CairnError } from '../../protocol/errors.ts';

/** How one message is sent. */
export interface Attempts {
  /** Bytes of it that the coordinator is known to have had at most. */
  readonly taken: number;
  /** One attempt over the present connection. @returns the bytes of the Abort that refused it @throws Error to be tried again */
  attempt(): Promise<Uint8Array | undefined>;
}

interface PendingMessage {
  readonly sending: Attempts;
  readonly answered: (refusal: Uint8Array | undefined) => void;
  readonly failed: (error: CairnError) => void;
  attempts: number;
}

/** Attempts in a row over a standing connection that brought nothing, after which a message is given up. */
const MAX_ATTEMPTS = 5;

/**
 * Messages on their way, in order and one at a time: each goes out again until the coordinator has acknowledged it, over
 * as many connections as that takes. Sending twice is harmless, since the second copy is refused as a duplicate.
 *
 * socket.io's own queue (`retries`) would not do: on a new connection it sends before the Hello is answered, so that the
 * coordinator refuses what it should have taken.
 */
export class SendQueue {
  readonly #begin: (bytes: Uint8Array) => Attempts;
  readonly #letters: PendingMessage[] = [];
  #open = false;
  #busy = false;
  #closed = false;

  /** @param begin makes what sends one message, as an `Upload` does */
  constructor(begin: (bytes: Uint8Array) => Attempts) {
    this.#begin = begin;
  }

  /**
   * Queues a message.
   * @returns the bytes of the Abort that refused it, or undefined where it was taken
   * @throws CairnError `unreachable` where nobody acknowledges it, `session-closed` after {@link close}
   */
  add(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    return new Promise((answered, failed) => {
      if (this.#closed) {
        failed(closed());
        return;
      }
      this.#letters.push({ sending: this.#begin(bytes), answered, failed, attempts: 0 });
      void this.#pump();
    });
  }

  /** The client has its seat: messages flow, those first that were not acknowledged before. */
  open(): void {
    this.#open = true;
    for (const letter of this.#letters) letter.attempts = 0;
    void this.#pump();
  }

  /** The connection is gone, or has to be greeted first: messages wait. */
  pause(): void {
    this.#open = false;
  }

  /** Gives up everything that waits. */
  close(): void {
    this.#open = false;
    this.#closed = true;
    for (const letter of this.#letters.splice(0)) letter.failed(closed());
  }

  async #pump(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#open && this.#letters.length > 0) await this.#attempt(this.#letters[0]!);
    this.#busy = false;
  }

  async #attempt(letter: PendingMessage): Promise<void> {
    letter.attempts++;
    const { taken } = letter.sending;
    try {
      const refusal = await letter.sending.attempt();
      this.#take(letter);
      letter.answered(refusal);
    } catch (cause) {
      // A lost connection pauses the outbox, and the letter stays; without an answer on a standing one it goes again.
      if (letter.sending.taken > taken) letter.attempts = 0;
      if (!this.#open || letter.attempts < MAX_ATTEMPTS) return;
      this.#take(letter);
      letter.failed(new CairnError('unreachable', 'the coordinator does not acknowledge a message', { cause }));
    }
  }

  #take(letter: PendingMessage): void {
    const at = this.#letters.indexOf(letter);
    if (at >= 0) this.#letters.splice(at, 1);
  }
}

const closed = (): CairnError =>
  new CairnError('session-closed', 'the connection was closed before the message was taken');
