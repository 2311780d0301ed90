import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { type SentMessage, stateTaking } from '../../protocol/rounds/index.ts';
import { printable } from '../../protocol/printable.ts';
import { decodeAbort, type Message, receiveMessage } from '../../protocol/wire/index.ts';
import type { RoundAtWork } from './context.ts';

/**
 * Refusals that say no more than that a message came twice or too late. They end nothing: what becomes of the round is for
 * its Outcome to say, which follows `session-closed` too, and names the inputs that are in the sum.
 */
const HARMLESS: ReadonlySet<string> = new Set(['message-duplicate', 'wrong-state', 'session-closed']);

/** What the coordinator's acknowledgements may come to. */
interface Answers {
  /** It refused a message by an Abort. */
  refused(abort: Message): void;
  /** It has this client in no round, as after a restart, or in another one; either way this one is over. */
  forgotten(error: CairnError): void;
}

/** What a round sends. What the scheme's first state takes, such as keys, is kept back until there is an update. */
export class Sending {
  readonly #round: RoundAtWork;
  readonly #answers: Answers;
  /** The session's first messages; undefined once there is an update, or no need of one. */
  #keptBack: readonly SentMessage[] | undefined = [];

  constructor(round: RoundAtWork, answers: Answers) {
    this.#round = round;
    this.#answers = answers;
  }

  /** Sends what was kept back, and keeps nothing back any more. */
  release(): void {
    const first = this.#keptBack ?? [];
    this.#keptBack = undefined;
    this.send(first);
  }

  /** Forgets what was kept back: only the round's end can be sent now. */
  drop(): void {
    this.#keptBack = undefined;
  }

  /** Hands messages to the connection, or keeps them until there is an update. */
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

  /** What the coordinator's acknowledgement said. A refusal that is not harmless means that the round goes on without us. */
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
