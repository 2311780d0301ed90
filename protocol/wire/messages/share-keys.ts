import { SIZES } from '../../crypto/suite.ts';
import { type Header, HEADER_LENGTH, openMessage, startMessage } from '../header.ts';
import { LIMITS } from '../limits.ts';

/** Bytes of one sealed entry: a share of s_SK, a share of the self mask seed b, and the seal's tag. */
export const SEALED_SHARES_LENGTH = 2 * SIZES.share + SIZES.sealTag;

/**
 * Client → coordinator, round 1 (ShareKeys, Bonawitz 2017 §4): one sealed entry for each neighbour in ascending order
 * of index. All entries have one length, so the coordinator routes them without parsing. The context is the session id.
 */
export interface ShareKeys extends Header {
  /** Number of neighbours. */
  readonly count: number;
  /** `count` × {@link SEALED_SHARES_LENGTH} bytes. */
  readonly sealed: Uint8Array;
}

/** Bytes of a ShareKeys message. */
export function encodeShareKeys(message: ShareKeys): Uint8Array {
  return startMessage('shareKeys', message, HEADER_LENGTH + 4 + message.sealed.length)
    .u32(message.count)
    .fixed(message.sealed, message.count * SEALED_SHARES_LENGTH)
    .finish();
}

/** The sealed entries are a view into `bytes`. @throws CairnError `wire-…` for anything but one canonical ShareKeys message */
export function decodeShareKeys(bytes: Uint8Array): ShareKeys {
  const { header, reader } = openMessage('shareKeys', bytes);
  const count = reader.u32In('count', 1, LIMITS.members);
  const sealed = reader.raw(count * SEALED_SHARES_LENGTH, 'sealed shares');
  reader.end();
  return { ...header, count, sealed };
}
