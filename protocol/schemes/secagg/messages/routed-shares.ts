import { bitmapLength, readBitmap, setBits } from '../../../wire/bitmap.ts';
import { type Encoded, type Header, HEADER_LENGTH, openMessage, startMessage } from '../../../wire/header.ts';
import { LIMITS } from '../../../wire/limits.ts';
import { SEALED_SHARES_LENGTH } from './share-keys.ts';

/**
 * Coordinator → client, end of round 1: the entries that the recipient's neighbours sealed for it, in ascending order
 * of index. Bit i of `present` is for the i-th neighbour; those present are U2 as far as the recipient can see.
 */
export interface RoutedShares extends Header {
  /** Number of neighbours the recipient has. */
  readonly neighbours: number;
  /** Bitmap over the neighbours. */
  readonly present: Uint8Array;
  /** One sealed entry for each neighbour present. */
  readonly sealed: Uint8Array;
}

/** Bytes of a RoutedShares message. */
export function encodeRoutedShares(message: RoutedShares): Uint8Array {
  return startMessage('routedShares', message, HEADER_LENGTH + 8 + message.present.length + message.sealed.length)
    .u32(message.neighbours)
    .fixed(message.present, bitmapLength(message.neighbours))
    .fixed(message.sealed, setBits(message.present).length * SEALED_SHARES_LENGTH)
    .finish();
}

/** Bitmap and entries are views into `bytes`. @throws CairnError `wire-…` unless it is one canonical RoutedShares */
export function decodeRoutedShares(message: Encoded): RoutedShares {
  const { header, reader } = openMessage('routedShares', message);
  const neighbours = reader.u32In('neighbours', 1, LIMITS.members);
  const present = readBitmap(reader, neighbours, 'present');
  const sealed = reader.raw(setBits(present).length * SEALED_SHARES_LENGTH, 'sealed shares');
  reader.end();
  return { ...header, neighbours, present, sealed };
}
