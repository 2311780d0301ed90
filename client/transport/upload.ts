import { decodeAbort } from '../../protocol/wire/messages/abort.ts';
import { PART_LENGTH, partsOf } from '../../protocol/wire/messages/part.ts';
import type { Transport } from './transport.ts';

/** Parts that are on their way at a time, so that a distant coordinator does not cost a round trip for each. */
const WINDOW = 4;

type Answer = Uint8Array | undefined;

/**
 * Sends one message over the present connection, cut into parts where it is long. The coordinator acknowledges the first
 * part when it has room for the others, hence that answer alone is waited for as long as the connection stands.
 * @returns the bytes of the Abort by which the coordinator refused it, or undefined where it took all of it
 * @throws Error where the connection ends, no answer comes in time, or the coordinator has given the upload up: the
 * message has to go out again, from its first part
 */
export async function upload(send: Transport['send'], message: Uint8Array): Promise<Answer> {
  if (message.length <= PART_LENGTH) return send(message);
  const onTheirWay: Promise<Answer>[] = [];
  let patience: 'patient' | undefined = 'patient';
  for (const part of partsOf(message)) {
    const answer = send(part, patience);
    // Whichever part fails first ends the upload; what becomes of those behind it is nobody's concern then.
    answer.catch(() => undefined);
    onTheirWay.push(answer);
    if (patience === undefined && onTheirWay.length < WINDOW) continue;
    patience = undefined;
    const refusal = await onTheirWay.shift();
    if (refusal !== undefined) return orAgain(refusal);
  }
  for (const answer of onTheirWay) {
    const refusal = await answer;
    if (refusal !== undefined) return orAgain(refusal);
  }
  return undefined;
}

/** A refusal of the message. @throws Error where only its upload was given up */
function orAgain(refusal: Uint8Array): Uint8Array {
  const { code, message } = decodeAbort(refusal);
  if (code === 'upload-interrupted') throw new Error(message);
  return refusal;
}
