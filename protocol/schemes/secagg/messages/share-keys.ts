import { SIZES } from '../../../crypto/suite.ts';
import { type Encoded, type Header, HEADER_LENGTH, openMessage, startMessage } from '../../../wire/header.ts';
import { LIMITS } from '../../../wire/limits.ts';
import { readSignature, writeSignature } from '../../../wire/signature.ts';

/** Bytes of one sealed entry: a share of s_SK, a share of the self mask seed b, and the seal's tag. */
export const SEALED_SHARES_LENGTH = 2 * SIZES.share + SIZES.sealTag;

/** Maximum number of bytes before the sealed entries: commitment, its signature and count. */
export const SHARE_KEYS_FIELDS = SIZES.hash + 1 + SIZES.signature + 4;

/**
 * Client → coordinator, round 1 (ShareKeys, Bonawitz 2017 §4): one sealed entry for each neighbour in ascending order
 * of index. All entries have one length, so the coordinator routes them without parsing. The commitment is for the
 * coordinator alone and is not routed. The context is the session id.
 */
export interface ShareKeys extends Header {
  /** 32 bytes: the sender's commitment to its self mask seed b. */
  readonly commitment: Uint8Array;
  /** The identity's signature over the commitment in an active round; undefined in a curious one. */
  readonly signature: Uint8Array | undefined;
  /** Number of neighbours. */
  readonly count: number;
  /** `count` × {@link SEALED_SHARES_LENGTH} bytes. */
  readonly sealed: Uint8Array;
}

/** Bytes of a ShareKeys message. */
export function encodeShareKeys(message: ShareKeys): Uint8Array {
  const writer = startMessage('shareKeys', message, HEADER_LENGTH + SHARE_KEYS_FIELDS + message.sealed.length);
  return writeSignature(writer.fixed(message.commitment, SIZES.hash), message.signature)
    .u32(message.count)
    .fixed(message.sealed, message.count * SEALED_SHARES_LENGTH)
    .finish();
}

/** Commitment, signature and sealed entries are views. @throws CairnError `wire-…` unless it is one canonical ShareKeys */
export function decodeShareKeys(message: Encoded): ShareKeys {
  const { header, reader } = openMessage('shareKeys', message);
  const commitment = reader.raw(SIZES.hash, 'commitment');
  const signature = readSignature(reader);
  const count = reader.u32In('count', 1, LIMITS.members);
  const sealed = reader.raw(count * SEALED_SHARES_LENGTH, 'sealed shares');
  reader.end();
  return { ...header, commitment, signature, count, sealed };
}
