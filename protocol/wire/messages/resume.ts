import { type Encoded, type Header, HEADER_LENGTH, openMessage, startMessage } from '../header.ts';
import { isPartStart, MAX_TOTAL, PART_LENGTH } from './part.ts';

/**
 * Coordinator → client, in the acknowledgement of a message's first Part: the earlier parts of this message are still
 * there, and the next Part begins at `offset`. Suite and context are those of the Part. An empty acknowledgement says
 * the same of the offset right after the header.
 */
export interface Resume extends Header {
  /** Offset of the next Part, a valid start of one; never that of the second. */
  readonly offset: number;
}

/** Bytes of a Resume. */
export function encodeResume(message: Resume): Uint8Array {
  return startMessage('resume', message, HEADER_LENGTH + 4)
    .u32(message.offset)
    .finish();
}

/** Reads a Resume. @throws CairnError `wire-…` for anything but one canonical Resume */
export function decodeResume(message: Encoded): Resume {
  const { header, reader } = openMessage('resume', message);
  const offset = reader.u32In('offset', HEADER_LENGTH + PART_LENGTH, MAX_TOTAL - 1);
  if (!isPartStart(offset)) throw reader.error('wire-not-canonical', `no part begins at offset ${offset}`);
  reader.end();
  return { ...header, offset };
}
