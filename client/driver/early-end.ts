import type { ClientEvent } from '../../protocol/rounds/index.ts';
import { equalBytes } from '../../protocol/crypto/index.ts';
import { isErrorCode } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import { decodeAbort, decodeOutcome, type Header, type Message } from '../../protocol/wire/index.ts';

/**
 * How a round ended before its session had started; undefined for a message that does not say so. It is believed only
 * as far as a session would believe it: an update that was not sent is in no sum.
 * @param received from the coordinator
 * @param header the header of the round's invitation
 * @throws CairnError `wire-…` for a malformed Outcome or Abort
 */
export function earlyEnd(
  received: Message,
  { suite, context }: Header,
): Extract<ClientEvent, { kind: 'committed' | 'abandoned' }> | undefined {
  const { name } = received;
  if ((name !== 'outcome' && name !== 'abort') || suite !== received.suite || !equalBytes(received.context, context))
    return undefined;
  const message =
    name === 'outcome' ? decodeOutcome(received) : { ...decodeAbort(received), kind: 'abandoned' as const };
  if (message.kind === 'abandoned') {
    const { code } = message;
    const text = printable(message.message);
    return { kind: 'abandoned', code: isErrorCode(code) ? code : undefined, message: text };
  }
  return message.included ? undefined : { kind: 'committed', included: false, modelHash: message.modelHash };
}
