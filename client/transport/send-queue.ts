import { CairnError } from '../../protocol/errors.ts';

/** How one message is sent. */
export interface Attempts {
  /** Maximum number of its bytes that the coordinator is known to have received. */
  readonly taken: number;
  /**
   * One attempt over the current connection.
   * @returns the bytes of the Abort that refused it @throws Error to be retried
   */
  attempt(): Promise<Uint8Array | undefined>;
}

interface PendingMessage {
  readonly sending: Attempts;
  readonly answered: (refusal: Uint8Array | undefined) => void;
  readonly failed: (error: CairnError) => void;
  attempts: number;
}

/** Consecutive fruitless attempts over an open connection, after which a message is given up. */
const MAX_ATTEMPTS = 5;

/**
 * Messages in transit, in order and one at a time: each is resent until the coordinator has acknowledged it, over as
 * many connections as that takes. Sending twice is harmless, since the second copy is refused as a duplicate.
 *
 * socket.io's own queue (`retries`) would not do: on a new connection it sends before the Hello is answered, so that
 * the coordinator refuses what it should have accepted.
 */
export class SendQueue {
  readonly #begin: (bytes: Uint8Array) => Attempts;
  readonly #pending: PendingMessage[] = [];
  #open = false;
  #busy = false;
  #closed = false;

  /** @param begin creates the sender of one message, such as an `Upload` */
  constructor(begin: (bytes: Uint8Array) => Attempts) {
    this.#begin = begin;
  }

  /**
   * Queues a message.
   * @returns the bytes of the Abort that refused it, or undefined if it was accepted
   * @throws CairnError `unreachable` if the coordinator does not acknowledge it, `session-closed` after {@link close}
   */
  add(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    return new Promise((answered, failed) => {
      if (this.#closed) {
        failed(closed());
        return;
      }
      this.#pending.push({ sending: this.#begin(bytes), answered, failed, attempts: 0 });
      void this.#pump();
    });
  }

  /** The client has its seat: messages flow, starting with those not yet acknowledged. */
  open(): void {
    this.#open = true;
    for (const pending of this.#pending) pending.attempts = 0;
    void this.#pump();
  }

  /** The connection is lost, or must be greeted first: messages wait. */
  pause(): void {
    this.#open = false;
  }

  /** Gives up all waiting messages. */
  close(): void {
    this.#open = false;
    this.#closed = true;
    for (const pending of this.#pending.splice(0)) pending.failed(closed());
  }

  async #pump(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#open && this.#pending.length > 0) await this.#attempt(this.#pending[0]!);
    this.#busy = false;
  }

  async #attempt(pending: PendingMessage): Promise<void> {
    pending.attempts++;
    const { taken } = pending.sending;
    try {
      const refusal = await pending.sending.attempt();
      this.#take(pending);
      pending.answered(refusal);
    } catch (cause) {
      // A lost connection pauses the queue, and the message stays; without an answer on an open one it is sent again.
      if (pending.sending.taken > taken) pending.attempts = 0;
      if (!this.#open || pending.attempts < MAX_ATTEMPTS) return;
      this.#take(pending);
      pending.failed(new CairnError('unreachable', 'the coordinator did not acknowledge a message', { cause }));
    }
  }

  #take(pending: PendingMessage): void {
    const at = this.#pending.indexOf(pending);
    if (at >= 0) this.#pending.splice(at, 1);
  }
}

const closed = (): CairnError =>
  new CairnError('session-closed', 'the connection was closed before the message was delivered');
