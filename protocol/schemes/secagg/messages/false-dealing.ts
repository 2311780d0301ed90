import { proofLength } from '../../../crypto/merkle.ts';
import { SIZES } from '../../../crypto/suite.ts';
import { type ClientIndex, clientIndex } from '../../../ids.ts';
import { type Encoded, type Header, HEADER_LENGTH, openMessage, startMessage } from '../../../wire/header.ts';
import { LIMITS } from '../../../wire/limits.ts';
import { ByteReader } from '../../../wire/reader.ts';
import { ByteWriter } from '../../../wire/writer.ts';
import { type Advertisement, LONGEST_ADVERTISEMENT, readAdvertisement, writeAdvertisement } from './advertise-keys.ts';

/** What the owner is bound to, by its signature. */
export type DealtSecret =
  /** Its self mask seed: the commitment that it sent in round 1, and its signature over it. */
  | { readonly kind: 'self-seed'; readonly commitment: Uint8Array; readonly signature: Uint8Array }
  /**
   * Its mask key: what it advertised, and the path from there to the root of that session's roster. The advertisement
   * is signed under the settings alone, so without the path one from another session could be shown.
   */
  | { readonly kind: 'mask-key'; readonly advertisement: Advertisement; readonly proof: readonly Uint8Array[] };

/** One share, with its holder's signature: a leaf of the tree over all shares that the holder revealed. */
export interface SignedShare {
  readonly holder: ClientIndex;
  /** 34 bytes. */
  readonly share: Uint8Array;
  /** Number of shares that the holder revealed, and the place of this one among them. */
  readonly revealed: number;
  readonly place: number;
  /** Merkle siblings from the leaf upwards: as many as the two numbers above say. */
  readonly proof: readonly Uint8Array[];
  /** The holder's signature over its tree's root. */
  readonly signature: Uint8Array;
}

/** A proof that a member dealt false shares in an earlier session. It is self-contained: the coordinator adds no claim. */
export interface DealingProof {
  /** Of the earlier session. */
  readonly sessionId: Uint8Array;
  /** The owner's place in that session's roster. */
  readonly owner: ClientIndex;
  readonly secret: DealtSecret;
  /** In ascending order of holder. */
  readonly shares: readonly SignedShare[];
}

/** Coordinator → client, after an Invitation and before the Roster. The context is the new round's settings hash. */
export interface FalseDealing extends Header {
  readonly dealt: DealingProof;
}

const SELF_SEED = 1;
const MASK_KEY = 2;

/** Bytes of one share without siblings: holder, share, two integers, signature. */
const MIN_SHARE = 4 + SIZES.share + 8 + SIZES.signature;

/** A proof's bytes without a header, as a session hands it out for whichever round comes next. */
export function encodeDealingProof({ sessionId, owner, secret, shares }: DealingProof): Uint8Array {
  const nodes = shares.reduce((sum, { proof }) => sum + proof.length, 0) + LIMITS.siblings;
  const capacity = 64 + LONGEST_ADVERTISEMENT + shares.length * MIN_SHARE + nodes * SIZES.hash;
  const writer = new ByteWriter(capacity).fixed(sessionId, SIZES.hash).u32(owner);
  if (secret.kind === 'self-seed') {
    writer.u8(SELF_SEED).fixed(secret.commitment, SIZES.hash).fixed(secret.signature, SIZES.signature);
  } else {
    writeAdvertisement(writer.u8(MASK_KEY), secret.advertisement).u8(secret.proof.length);
    for (const sibling of secret.proof) writer.fixed(sibling, SIZES.hash);
  }
  writer.u32(shares.length);
  for (const { holder, share, revealed, place, proof, signature } of shares) {
    writer.u32(holder).fixed(share, SIZES.share).u32(revealed).u32(place);
    for (const sibling of proof) writer.fixed(sibling, SIZES.hash);
    writer.fixed(signature, SIZES.signature);
  }
  return writer.finish();
}

/** Bytes of a FalseDealing message around a proof's bytes. */
export function frameFalseDealing(header: Header, proof: Uint8Array): Uint8Array {
  return startMessage('falseDealing', header, HEADER_LENGTH + proof.length)
    .raw(proof)
    .finish();
}

/** Bytes of a FalseDealing message. */
export function encodeFalseDealing(message: FalseDealing): Uint8Array {
  return frameFalseDealing(message, encodeDealingProof(message.dealt));
}

/** Its parts are views into `bytes`. @throws CairnError `wire-…` for anything but one canonical FalseDealing message */
export function decodeFalseDealing(message: Encoded): FalseDealing {
  const { header, reader } = openMessage('falseDealing', message);
  const dealt = readProof(reader);
  reader.end();
  return { ...header, dealt };
}

/** A proof's bytes without a header, as {@link encodeDealingProof} makes them. @throws CairnError `wire-…` */
export function decodeDealingProof(bytes: Uint8Array): DealingProof {
  const reader = new ByteReader(bytes, 'falseDealing');
  const dealt = readProof(reader);
  reader.end();
  return dealt;
}

function readProof(reader: ByteReader): DealingProof {
  const sessionId = reader.raw(SIZES.hash, 'sessionId');
  const owner = clientIndex(reader.u32In('owner', 0, LIMITS.members - 1));
  const secret = readSecret(reader);
  const count = reader.u32In('shares', 1, LIMITS.members);
  if (count * MIN_SHARE > reader.remaining) {
    throw reader.error('wire-truncated', `${count} shares do not fit the ${reader.remaining} bytes left`);
  }
  const shares: SignedShare[] = [];
  for (let last = -1; shares.length < count;) {
    const holder = reader.u32In('holder', 0, LIMITS.members - 1);
    if (holder <= last) throw reader.error('wire-not-canonical', 'shares must be in ascending order of holder');
    last = holder;
    shares.push(readShare(reader, clientIndex(holder)));
  }
  return { sessionId, owner, secret, shares };
}

function readSecret(reader: ByteReader): DealtSecret {
  if (reader.u8In('kind', SELF_SEED, MASK_KEY) === SELF_SEED) {
    return {
      kind: 'self-seed',
      commitment: reader.raw(SIZES.hash, 'commitment'),
      signature: reader.raw(SIZES.signature, 'signature'),
    };
  }
  const advertisement = readAdvertisement(reader);
  return { kind: 'mask-key', advertisement, proof: siblings(reader, reader.u8In('proof', 0, LIMITS.siblings)) };
}

function readShare(reader: ByteReader, holder: ClientIndex): SignedShare {
  const share = reader.raw(SIZES.share, 'share');
  const revealed = reader.u32In('revealed', 1, LIMITS.members);
  const place = reader.u32In('place', 0, revealed - 1);
  const proof = siblings(reader, proofLength(revealed, place));
  return { holder, share, revealed, place, proof, signature: reader.raw(SIZES.signature, 'signature') };
}

const siblings = (reader: ByteReader, count: number): Uint8Array[] =>
  Array.from({ length: count }, () => reader.raw(SIZES.hash, 'sibling'));
