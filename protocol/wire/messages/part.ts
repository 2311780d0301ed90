import { equalBytes } from '../../crypto/bytes.ts';
import { PROTOCOL_VERSION } from '../../crypto/suite.ts';
import { type Encoded, type Header, HEADER_LENGTH, openMessage, startMessage } from '../header.ts';
import { LIMITS } from '../limits.ts';
import type { ByteReader } from '../reader.ts';

/** Bytes of the longest message that is sent whole, and of every part except the first and the last. */
export const PART_LENGTH = 262_144;

/** Bytes of the id of an upload. */
export const UPLOAD_ID_LENGTH = 16;

/** Bytes of a Part besides those of the message that it carries: header, total, offset and id. */
export const PART_OVERHEAD = HEADER_LENGTH + 8 + UPLOAD_ID_LENGTH;

/** Bytes of the longest possible message: a masked input of the maximum number of coordinates, each of 32 bits. */
export const MAX_TOTAL = HEADER_LENGTH + 5 + 4 * LIMITS.coordinates;

/**
 * Client → coordinator: a section of a message that is too long to be sent whole. Suite and context are those of the
 * message. There is one way to split it: the first part is its header alone, so that a client that waits for space
 * costs the coordinator almost nothing; the others follow in order, all full except the last.
 */
export interface Part extends Header {
  /** Bytes of the whole message. */
  readonly total: number;
  /** Offset of these bytes in it. */
  readonly offset: number;
  /**
   * 16 random bytes that the sender draws for each message, the same in all of its parts and on every connection: the
   * received parts of one message are never continued with those of another, even if two programs use one identity.
   */
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Bytes of the part that begins at an offset. */
function lengthAt(offset: number, total: number): number {
  return offset === 0 ? HEADER_LENGTH : Math.min(PART_LENGTH, total - offset);
}

/** Whether a part other than the first begins at an offset. */
export function isPartStart(offset: number): boolean {
  return offset >= HEADER_LENGTH && (offset - HEADER_LENGTH) % PART_LENGTH === 0;
}

/** Bytes of a Part message. */
export function encodePart(message: Part): Uint8Array {
  return startMessage('part', message, PART_OVERHEAD + message.bytes.length)
    .u32(message.total)
    .u32(message.offset)
    .fixed(message.id, UPLOAD_ID_LENGTH)
    .fixed(message.bytes, lengthAt(message.offset, message.total))
    .finish();
}

/** Its id and bytes are views into the message. @throws CairnError `wire-…` for anything but one canonical Part message */
export function decodePart(message: Encoded): Part {
  const { header, reader } = openMessage('part', message);
  const total = reader.u32In('total', PART_LENGTH + 1, MAX_TOTAL);
  const offset = reader.u32In('offset', 0, total - 1);
  if (offset !== 0 && !isPartStart(offset)) {
    throw reader.error('wire-not-canonical', `no part begins at offset ${offset}`);
  }
  const id = reader.raw(UPLOAD_ID_LENGTH, 'id');
  const content = reader.raw(lengthAt(offset, total), 'bytes');
  reader.end();
  if (offset === 0) assertSameHeader(header, content, reader);
  return { ...header, total, offset, id, bytes: content };
}

/**
 * @throws CairnError `wire-not-canonical` if a first part has a different version, suite or context than its message
 */
function assertSameHeader({ suite, context }: Header, inner: Uint8Array, reader: ByteReader): void {
  const [version, innerSuite] = inner;
  const innerContext = inner.subarray(HEADER_LENGTH - context.length, HEADER_LENGTH);
  if (version === PROTOCOL_VERSION && innerSuite === suite && equalBytes(innerContext, context)) return;
  throw reader.error('wire-not-canonical', 'version, suite and context must be those of the message that it begins');
}

/**
 * A message as it is sent: whole, or if it is too long for that, split into parts.
 * @param id 16 bytes, the upload's own
 * @param from offset of the first part to send
 */
export function* partsOf(message: Uint8Array, id: Uint8Array, from = 0): Generator<Uint8Array> {
  const total = message.length;
  if (total <= PART_LENGTH) {
    yield message;
    return;
  }
  const suite = message[1] as Header['suite'];
  const context = message.subarray(3, HEADER_LENGTH);
  for (let offset = from; offset < total;) {
    const bytes = message.subarray(offset, offset + lengthAt(offset, total));
    yield encodePart({ suite, context, total, offset, id, bytes });
    offset += bytes.length;
  }
}
