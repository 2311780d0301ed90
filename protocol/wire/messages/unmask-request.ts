import { SIZES } from '../../crypto/suite.ts';
import { type ClientIndex, clientIndex } from '../../ids.ts';
import { bitmapLength, readBitmap } from '../bitmap.ts';
import { type Header, openMessage, startMessage } from '../header.ts';
import { LIMITS } from '../limits.ts';

/** One member's signature over the survivor set. */
export interface SurvivorSignature {
  readonly index: ClientIndex;
  readonly signature: Uint8Array;
}

/**
 * Coordinator → client, round 4 (Unmasking, Bonawitz 2017 §4). For each member the bitmap decides which share is asked
 * for: of the self mask seed where the bit is set, of the mask key where it is not. Asking for both cannot be written.
 */
export interface UnmaskRequest extends Header {
  /** Number of members in the roster. */
  readonly size: number;
  /** U3 as a bitmap over the roster. */
  readonly survivors: Uint8Array;
  /** Signatures of the recipient's neighbours and its own, ascending by index; none in a curious round. */
  readonly signatures: readonly SurvivorSignature[];
}

/** Bytes of an UnmaskRequest. */
export function encodeUnmaskRequest(message: UnmaskRequest): Uint8Array {
  const writer = startMessage('unmaskRequest', message, 64 + message.survivors.length + 68 * message.signatures.length)
    .u32(message.size)
    .fixed(message.survivors, bitmapLength(message.size))
    .u32(message.signatures.length);
  for (const { index, signature } of message.signatures) writer.u32(index).fixed(signature, SIZES.signature);
  return writer.finish();
}

/** @throws CairnError `wire-…` for anything but one canonical UnmaskRequest */
export function decodeUnmaskRequest(bytes: Uint8Array): UnmaskRequest {
  const { header, reader } = openMessage('unmaskRequest', bytes);
  const size = reader.u32In('size', 1, LIMITS.members);
  const survivors = readBitmap(reader, size, 'survivors').slice();
  const count = reader.u32In('signatures', 0, size);
  if (count * (4 + SIZES.signature) > reader.remaining) {
    throw reader.error('wire-truncated', `${count} signatures do not fit the ${reader.remaining} bytes left`);
  }
  const signatures: SurvivorSignature[] = [];
  for (let last = -1; signatures.length < count;) {
    const index = reader.u32In('index', 0, size - 1);
    if (index <= last) throw reader.error('wire-not-canonical', 'signatures must be in ascending order of index');
    last = index;
    signatures.push({ index: clientIndex(index), signature: reader.raw(SIZES.signature, 'signature').slice() });
  }
  reader.end();
  return { ...header, size, survivors, signatures };
}
