import { equalBytes, type RandomSource } from '../../protocol/crypto/index.ts';
import {
  decodeAbort,
  decodeResume,
  HEADER_LENGTH,
  type Message,
  PART_LENGTH,
  partsOf,
  receiveMessage,
  UPLOAD_ID_LENGTH,
} from '../../protocol/wire/index.ts';
import type { Attempts } from './send-queue.ts';
import type { Transport } from './transport.ts';

/** Parts in transit at a time, so that a distant coordinator does not cost a round trip for each. */
const WINDOW = 4;

type Answer = Uint8Array | undefined;

/**
 * One message in transit to the coordinator, cut into parts if it is long. Each attempt begins with the first part, and
 * the coordinator's answer says where to continue: after the last part that it holds, or at the beginning.
 */
export class Upload implements Attempts {
  readonly #send: Transport['send'];
  readonly #message: Uint8Array;
  readonly #id: Uint8Array;
  /** Maximum number of its bytes that were given to a connection. */
  #sent = 0;
  #taken = 0;

  /** @param random for the id by which the coordinator recognises that an attempt continues this message */
  constructor(send: Transport['send'], message: Uint8Array, random: RandomSource) {
    this.#send = send;
    this.#message = message;
    this.#id = message.length > PART_LENGTH ? random(UPLOAD_ID_LENGTH) : new Uint8Array();
  }

  get taken(): number {
    return this.#taken;
  }

  /**
   * Sends what the coordinator does not have, over the current connection. It acknowledges the first part when it has
   * room for the others, so only that answer is awaited for as long as the connection lasts.
   * @returns the bytes of the Abort with which the coordinator refused it, or undefined if it accepted all of it
   * @throws Error if the connection ends, no answer comes in time, or the coordinator has given the upload up: the
   * message must be sent again
   */
  async attempt(): Promise<Answer> {
    if (this.#message.length <= PART_LENGTH) return this.#send(this.#message);
    const [first] = partsOf(this.#message, this.#id);
    this.#sent = Math.max(this.#sent, HEADER_LENGTH);
    const answer = await this.#send(first!, 'patient');
    if (answer === undefined) return this.#sendFrom(HEADER_LENGTH);
    const received = receiveMessage(answer);
    return received.name === 'resume' ? this.#sendFrom(this.#resumeAt(received)) : orAgain(answer);
  }

  async #sendFrom(start: number): Promise<Answer> {
    const inTransit: { readonly end: number; readonly answer: Promise<Answer> }[] = [];
    const next = async (): Promise<Answer> => {
      const { end, answer } = inTransit.shift()!;
      const refusal = await answer;
      if (refusal === undefined) this.#taken = Math.max(this.#taken, end);
      return refusal;
    };
    let end = start;
    for (const part of partsOf(this.#message, this.#id, start)) {
      end = Math.min(end + PART_LENGTH, this.#message.length);
      this.#sent = Math.max(this.#sent, end);
      const answer = this.#send(part);
      // The first part to fail ends the attempt; the outcome of those after it no longer matters.
      answer.catch(() => undefined);
      inTransit.push({ end, answer });
      if (inTransit.length < WINDOW) continue;
      const refusal = await next();
      if (refusal !== undefined) return orAgain(refusal);
    }
    while (inTransit.length > 0) {
      const refusal = await next();
      if (refusal !== undefined) return orAgain(refusal);
    }
    return undefined;
  }

  /** Where to continue. @throws Error for an offset that this message has never reached */
  #resumeAt(answer: Message): number {
    const { offset, context } = decodeResume(answer);
    const own = equalBytes(context, this.#message.subarray(HEADER_LENGTH - context.length, HEADER_LENGTH));
    if (!own || offset > this.#sent || offset >= this.#message.length) {
      throw new Error('the coordinator continues with something that was not sent');
    }
    this.#taken = Math.max(this.#taken, offset);
    return offset;
  }
}

/** A refusal of the message. @throws Error if only its upload was given up */
function orAgain(refusal: Uint8Array): Uint8Array {
  const { code, message } = decodeAbort(refusal);
  if (code === 'upload-interrupted') throw new Error(message);
  return refusal;
}
