import { type Header, HEADER_LENGTH, openMessage, startMessage } from '../header.ts';
import { LIMITS } from '../limits.ts';
import type { ByteReader } from '../reader.ts';

/** Bytes of the longest message that travels whole, and of every part but the first and the last. */
export const PART_LENGTH = 262_144;

/** Bytes of the longest message there can be: a masked input of the most coordinates, each of 32 bits. */
const MOST_TOTAL = HEADER_LENGTH + 5 + 4 * LIMITS.coordinates;

/**
 * Client → coordinator: a stretch of a message that is too long to travel whole. Suite and context are those of the
 * message. There is one way to cut it: the first part is its header alone, so that a client that waits for room costs
 * the coordinator next to nothing; the others follow in order, all of them full but the last.
 */
export interface Part extends Header {
  /** Bytes of the whole message. */
  readonly total: number;
  /** Where in it these bytes stand. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Bytes of the part that begins at an offset. */
function lengthAt(offset: number, total: number): number {
  return offset === 0 ? HEADER_LENGTH : Math.min(PART_LENGTH, total - offset);
}

/** Bytes of a Part message. */
export function encodePart(message: Part): Uint8Array {
  return startMessage('part', message, HEADER_LENGTH + 8 + message.bytes.length)
    .u32(message.total)
    .u32(message.offset)
    .fixed(message.bytes, lengthAt(message.offset, message.total))
    .finish();
}

/** Its bytes are a view into `bytes`. @throws CairnError `wire-…` for anything but one canonical Part message */
export function decodePart(bytes: Uint8Array): Part {
  const { header, reader } = openMessage('part', bytes);
  const total = reader.u32In('total', PART_LENGTH + 1, MOST_TOTAL);
  const offset = reader.u32In('offset', 0, total - 1);
  if (offset !== 0 && (offset - HEADER_LENGTH) % PART_LENGTH !== 0) {
    throw reader.error('wire-not-canonical', `no part begins at offset ${offset}`);
  }
  const content = reader.raw(lengthAt(offset, total), 'bytes');
  reader.end();
  if (offset === 0) assertSameHeader(bytes, content, reader);
  return { ...header, total, offset, bytes: content };
}

/** @throws CairnError `wire-not-canonical` where a first part is in another version, suite or context than its message */
function assertSameHeader(part: Uint8Array, inner: Uint8Array, reader: ByteReader): void {
  const TYPE_AT = 2;
  for (let i = 0; i < HEADER_LENGTH; i++) {
    if (i !== TYPE_AT && part[i] !== inner[i]) {
      throw reader.error('wire-not-canonical', 'version, suite and context must be those of the message it begins');
    }
  }
}

/** A message as it travels: whole, or where it is too long for that, cut into its parts. */
export function* partsOf(message: Uint8Array): Generator<Uint8Array> {
  const total = message.length;
  if (total <= PART_LENGTH) {
    yield message;
    return;
  }
  const suite = message[1] as Header['suite'];
  const context = message.subarray(3, HEADER_LENGTH);
  for (let offset = 0; offset < total;) {
    const bytes = message.subarray(offset, offset + lengthAt(offset, total));
    yield encodePart({ suite, context, total, offset, bytes });
    offset += bytes.length;
  }
}
