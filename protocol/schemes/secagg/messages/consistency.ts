import { SIZES } from '../../../crypto/suite.ts';
import { type Encoded, type Header, openMessage, startMessage } from '../../../wire/header.ts';

/** Client → coordinator, round 3 (ConsistencyCheck, Bonawitz 2017 §4): the identity's signature over U3. */
export interface Consistency extends Header {
  readonly signature: Uint8Array;
}

/** Bytes of a Consistency message. */
export function encodeConsistency(message: Consistency): Uint8Array {
  return startMessage('consistency', message).fixed(message.signature, SIZES.signature).finish();
}

/** Reads a Consistency message. @throws CairnError `wire-…` for anything but one canonical Consistency message */
export function decodeConsistency(message: Encoded): Consistency {
  const { header, reader } = openMessage('consistency', message);
  const signature = reader.raw(SIZES.signature, 'signature').slice();
  reader.end();
  return { ...header, signature };
}
