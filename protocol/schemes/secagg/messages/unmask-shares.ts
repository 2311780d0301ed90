import { SIZES } from '../../../crypto/suite.ts';
import { type Encoded, type Header, HEADER_LENGTH, openMessage, startMessage } from '../../../wire/header.ts';
import { LIMITS } from '../../../wire/limits.ts';
import { readSignature, writeSignature } from '../../../wire/signature.ts';

/**
 * Client → coordinator, round 4: one share for each member of U2 that the sender holds shares of, itself included, in
 * ascending order of index. Which of a member's two secrets it belongs to follows from the survivor set both know.
 */
export interface UnmaskShares extends Header {
  readonly count: number;
  /** `count` × 34 bytes. */
  readonly shares: Uint8Array;
  /** The identity's signature over the root of the shares in an active round; undefined in a curious one. */
  readonly signature: Uint8Array | undefined;
}

/** Maximum number of bytes besides the shares: count and signature. */
const UNMASK_SHARES_FIELDS = 4 + 1 + SIZES.signature;

/** Bytes of an UnmaskShares message. */
export function encodeUnmaskShares(message: UnmaskShares): Uint8Array {
  const writer = startMessage('unmaskShares', message, HEADER_LENGTH + UNMASK_SHARES_FIELDS + message.shares.length)
    .u32(message.count)
    .fixed(message.shares, message.count * SIZES.share);
  return writeSignature(writer, message.signature).finish();
}

/** Shares and signature are views into `bytes`. @throws CairnError `wire-…` unless it is one canonical UnmaskShares */
export function decodeUnmaskShares(message: Encoded): UnmaskShares {
  const { header, reader } = openMessage('unmaskShares', message);
  const count = reader.u32In('count', 1, LIMITS.members);
  const shares = reader.raw(count * SIZES.share, 'shares');
  const signature = readSignature(reader);
  reader.end();
  return { ...header, count, shares, signature };
}
