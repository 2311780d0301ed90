import type { CairnError } from '../../errors.ts';
import { type Header, openMessage, startMessage } from '../header.ts';
import { LIMITS } from '../limits.ts';

/** Either side: the sender ends its part in the round (client), or has dropped or refused the recipient (coordinator). */
export interface Abort extends Header {
  /** An error code; the receiver may not know it. */
  readonly code: string;
  /** One line for a person. */
  readonly message: string;
}

/** The longest prefix of a text that fits its field. A character that is cut in two is sent as U+FFFD. */
function fitting(text: string, most: number): string {
  const encoder = new TextEncoder();
  // No character takes less than a byte: what lies beyond that many of them need not be measured.
  let fit = text.slice(0, most);
  while (encoder.encode(fit).length > most) fit = fit.slice(0, -1);
  return fit;
}

/** An abort message for an error, its text cut to what the field holds. */
export function encodeAbort(header: Header, error: Pick<CairnError, 'code' | 'message'>): Uint8Array {
  return startMessage('abort', header)
    .text(fitting(error.code, LIMITS.code))
    .text(fitting(error.message, LIMITS.text))
    .finish();
}

/** @throws CairnError `wire-…` for anything but one canonical Abort */
export function decodeAbort(bytes: Uint8Array): Abort {
  const { header, reader } = openMessage('abort', bytes);
  const code = reader.text('code', LIMITS.code);
  const message = reader.text('message', LIMITS.text);
  reader.end();
  return { ...header, code, message };
}
