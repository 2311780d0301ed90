import { SIZES } from '../../../crypto/suite.ts';
import { bitmapLength, readBitmap, setBits } from '../../../wire/bitmap.ts';
import { type Encoded, type Header, openMessage, startMessage } from '../../../wire/header.ts';
import { LIMITS } from '../../../wire/limits.ts';

/**
 * Coordinator → client, round 4 (Unmasking, Bonawitz 2017 §4): the same bytes for every member. For each member the
 * bitmap decides which share is requested: of the self mask seed if the bit is set, of the mask key if it is not. A
 * request for both cannot be encoded.
 */
export interface UnmaskRequest extends Header {
  /** Number of members in the roster. */
  readonly size: number;
  /** U3 as a bitmap over the roster. */
  readonly survivors: Uint8Array;
  /** Number of witnesses; 0 in a curious round. */
  readonly witnesses: number;
  /** Which of them signed: a bitmap over the witnesses in ascending order of index. */
  readonly signers: Uint8Array;
  /** The signers' signatures over U3, in the same order. */
  readonly signatures: readonly Uint8Array[];
}

/** Bytes of an UnmaskRequest. */
export function encodeUnmaskRequest(message: UnmaskRequest): Uint8Array {
  const { size, survivors, witnesses, signers, signatures } = message;
  const length = 64 + survivors.length + signers.length + SIZES.signature * signatures.length;
  const writer = startMessage('unmaskRequest', message, length)
    .u32(size)
    .fixed(survivors, bitmapLength(size))
    .u32(witnesses)
    .fixed(signers, bitmapLength(witnesses));
  for (const signature of signatures) writer.fixed(signature, SIZES.signature);
  return writer.finish();
}

/** Reads an UnmaskRequest. @throws CairnError `wire-…` for anything but one canonical UnmaskRequest */
export function decodeUnmaskRequest(message: Encoded): UnmaskRequest {
  const { header, reader } = openMessage('unmaskRequest', message);
  const size = reader.u32In('size', 1, LIMITS.members);
  const survivors = readBitmap(reader, size, 'survivors').slice();
  const witnesses = reader.u32In('witnesses', 0, size);
  const signers = readBitmap(reader, witnesses, 'signers').slice();
  const signatures = setBits(signers).map(() => reader.raw(SIZES.signature, 'signature').slice());
  reader.end();
  return { ...header, size, survivors, witnesses, signers, signatures };
}
