import { bitmapLength, readBitmap } from '../../../wire/bitmap.ts';
import { type Encoded, type Header, openMessage, startMessage } from '../../../wire/header.ts';
import { LIMITS } from '../../../wire/limits.ts';

/** Coordinator → client, round 3 of an active round: U3, the members whose masked input counts. */
export interface Survivors extends Header {
  /** Number of members in the roster. */
  readonly size: number;
  /** Bitmap over the roster. */
  readonly survivors: Uint8Array;
}

/** Bytes of a Survivors message. */
export function encodeSurvivors(message: Survivors): Uint8Array {
  return startMessage('survivors', message)
    .u32(message.size)
    .fixed(message.survivors, bitmapLength(message.size))
    .finish();
}

/** Reads a Survivors message. @throws CairnError `wire-…` for anything but one canonical Survivors message */
export function decodeSurvivors(message: Encoded): Survivors {
  const { header, reader } = openMessage('survivors', message);
  const size = reader.u32In('size', 1, LIMITS.members);
  const survivors = readBitmap(reader, size, 'survivors').slice();
  reader.end();
  return { ...header, size, survivors };
}
