import { SIZES } from '../../../crypto/suite.ts';
import { type MemberId, memberId } from '../../../ids.ts';
import { type Encoded, type Header, HEADER_LENGTH, openMessage, startMessage } from '../../../wire/header.ts';
import type { ByteReader } from '../../../wire/reader.ts';
import { readSignature, writeSignature } from '../../../wire/signature.ts';
import { ByteWriter } from '../../../wire/writer.ts';

/** What one member announces in round 0: its id, its two public keys and, in active rounds, its identity's signature. */
export interface Advertisement {
  readonly member: MemberId;
  /** c_PK: the key under which shares are sealed to this member. */
  readonly cipherKey: Uint8Array;
  /** s_PK: the key from which pair masks are agreed. */
  readonly maskKey: Uint8Array;
  /** Ed25519 signature in an active round; undefined in a curious one. */
  readonly signature: Uint8Array | undefined;
}

/** Client → coordinator, round 0 (AdvertiseKeys, Bonawitz 2017 §4). The context is the settings hash. */
export interface AdvertiseKeys extends Header {
  readonly advertisement: Advertisement;
}

/** Bytes of an advertisement: the body of the message, the roster's leaf, and what Merkle leaves hash. */
export function encodeAdvertisement(advertisement: Advertisement): Uint8Array {
  return writeAdvertisement(new ByteWriter(LONGEST_ADVERTISEMENT), advertisement).finish();
}

/** Bytes of an advertisement with a signature. */
export const LONGEST_ADVERTISEMENT = 4 + 2 * SIZES.key + 1 + SIZES.signature;

/** Writes an advertisement into a longer message. */
export function writeAdvertisement(writer: ByteWriter, advertisement: Advertisement): ByteWriter {
  const { member, cipherKey, maskKey, signature } = advertisement;
  writer.u32(member).fixed(cipherKey, SIZES.key).fixed(maskKey, SIZES.key);
  return writeSignature(writer, signature);
}

/** Reads one advertisement and copies its fields, so that it can outlive the message. @throws CairnError `wire-…` */
export function readAdvertisement(reader: ByteReader): Advertisement {
  return {
    member: memberId(reader.u32('member')),
    cipherKey: reader.raw(SIZES.key, 'cipherKey').slice(),
    maskKey: reader.raw(SIZES.key, 'maskKey').slice(),
    signature: readSignature(reader)?.slice(),
  };
}

/** Bytes of an AdvertiseKeys message. */
export function encodeAdvertiseKeys(message: AdvertiseKeys): Uint8Array {
  return startMessage('advertiseKeys', message, HEADER_LENGTH + 133)
    .raw(encodeAdvertisement(message.advertisement))
    .finish();
}

/** Reads an AdvertiseKeys message. @throws CairnError `wire-…` for anything but one canonical AdvertiseKeys message */
export function decodeAdvertiseKeys(message: Encoded): AdvertiseKeys {
  const { header, reader } = openMessage('advertiseKeys', message);
  const advertisement = readAdvertisement(reader);
  reader.end();
  return { ...header, advertisement };
}
