import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { type SentMessage, stateTaking } from '../../protocol/rounds/index.ts';
import { printable } from '../../protocol/printable.ts';
import { decodeAbort, type Message, receiveMessage } from '../../protocol/wire/index.ts';
import type { RoundAtWork } from './context.ts';

/**
 * Refusals that say only that a message came twice or too late. They end nothing: the round's end is for its Outcome to
 * report, which follows `session-closed` too, and says which inputs are in the sum.
 */
const HARMLESS: ReadonlySet<string> = new Set(['message-duplicate', 'wrong-state', 'session-closed']);

/** Callbacks for the coordinator's acknowledgements. */
interface Answers {
  /** It refused a message with an Abort. */
  refused(abort: Message): void;
  /** It has this client in no round, as after a restart, or in another one; either way this one is over. */
  forgotten(error: CairnError): void;
}

/**
 * Sends a round's messages. Those for the scheme's first state, such as keys, are held back until there is an update.
 */
export class Sending {
  readonly #round: RoundAtWork;
  readonly #answers: Answers;
  /** The session's first messages; undefined once there is an update, or none is needed. */
  #keptBack: readonly SentMessage[] | undefined = [];

  constructor(round: RoundAtWork, answers: Answers) {
    this.#round = round;
    this.#answers = answers;
  }

  /** Sends what was held back, and holds nothing back from now on. */
  release(): void {
    const first = this.#keptBack ?? [];
    this.#keptBack = undefined;
    this.send(first);
  }

  /** Discards what was held back: only the round's end can be sent now. */
  drop(): void {
    this.#keptBack = undefined;
  }

  /** Hands messages to the connection, or holds them back until there is an update. */
  send(messages: readonly SentMessage[]): void {
    const { context, scheme, emit } = this.#round;
    for (const message of messages) {
      const { name, bytes } = message;
      if (this.#keptBack !== undefined && stateTaking(name) === scheme.states[0]) {
        this.#keptBack = [...this.#keptBack, message];
        continue;
      }
      emit({ kind: 'sent', message: name, bytes: bytes.length });
      context.send(bytes).then(
        (refused) => this.#answered(refused),
        (thrown: unknown) => this.#undelivered(asCairnError(thrown)),
      );
    }
  }

  /**
   * Handles the coordinator's acknowledgement. A refusal that is not harmless means that the round continues without
   * us.
   */
  #answered(refused: Uint8Array | undefined): void {
    const { context, over } = this.#round;
    if (refused === undefined || over.aborted) return;
    try {
      const abort = receiveMessage(refused);
      const { code, message } = decodeAbort(abort);
      if (HARMLESS.has(code)) context.emit({ kind: 'ignored', code: 'message-duplicate', message: printable(message) });
      else if (code === 'member-unknown' || code === 'session-mismatch')
        this.#answers.forgotten(new CairnError(code, message));
      else this.#answers.refused(abort);
    } catch (thrown) {
      this.#undelivered(asCairnError(thrown));
    }
  }

  #undelivered({ code, message }: CairnError): void {
    const { context, over } = this.#round;
    if (!over.aborted) context.emit({ kind: 'ignored', code, message });
  }
}
