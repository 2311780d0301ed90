import type { CairnError } from '../../errors.ts';
import { type MemberId, memberId } from '../../ids.ts';
import { fitting } from '../fitting.ts';
import { type Encoded, type Header, openMessage, startMessage } from '../header.ts';
import { LIMITS } from '../limits.ts';

/** Either side: the sender leaves the round (client), or has dropped or refused the recipient (coordinator). */
export interface Abort extends Header {
  /** An error code; the receiver may not know it. */
  readonly code: string;
  /** One line for a person. */
  readonly message: string;
  /**
   * The members that a client blames, ascending: those whose fault shows in what it was sent. This is a claim and not a
   * proof. Empty if no member is blamed, and in a coordinator's Abort.
   */
  readonly culprits: readonly MemberId[];
}

/**
 * An abort message for an error, its text cut to fit the field.
 * @param culprits - member ids, of which the lowest are sent if there are more than fit the field
 */
export function encodeAbort(
  header: Header,
  error: Pick<CairnError, 'code' | 'message'>,
  culprits: readonly number[] = [],
): Uint8Array {
  const named = [...new Set(culprits)].sort((a, b) => a - b).slice(0, LIMITS.culprits);
  const writer = startMessage('abort', header)
    .text(fitting(error.code, LIMITS.code))
    .text(fitting(error.message, LIMITS.text))
    .u8(named.length);
  for (const member of named) writer.u32(member);
  return writer.finish();
}

/** Reads an Abort. @throws CairnError `wire-…` for anything but one canonical Abort */
export function decodeAbort(received: Encoded): Abort {
  const { header, reader } = openMessage('abort', received);
  const code = reader.text('code', LIMITS.code);
  const message = reader.text('message', LIMITS.text);
  const culprits: MemberId[] = [];
  for (let left = reader.u8In('number of culprits', 0, LIMITS.culprits); left > 0; left--) {
    const culprit = memberId(reader.u32('culprit'));
    const before = culprits.at(-1);
    if (before !== undefined && culprit <= before) {
      throw reader.error('wire-not-canonical', `culprits must ascend, but ${culprit} follows ${before}`);
    }
    culprits.push(culprit);
  }
  reader.end();
  return { ...header, code, message, culprits };
}
