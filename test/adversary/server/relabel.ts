import { equalBytes } from '../../../protocol/crypto/bytes.ts';
import { HEADER_LENGTH } from '../../../protocol/wire/header.ts';

const CONTEXT_AT = 3;

/** A message with another context in its header. */
export function relabelled(bytes: Uint8Array, context: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  changed.set(context, CONTEXT_AT);
  return changed;
}

/** Whether a message has this context. */
export const hasContext = (bytes: Uint8Array, context: Uint8Array): boolean =>
  equalBytes(bytes.subarray(CONTEXT_AT, HEADER_LENGTH), context);
