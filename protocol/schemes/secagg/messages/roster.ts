import { SIZES } from '../../../crypto/suite.ts';
import { CairnError } from '../../../errors.ts';
import { type ClientIndex, clientIndex } from '../../../ids.ts';
import { type Encoded, type Header, HEADER_LENGTH, openMessage, startMessage } from '../../../wire/header.ts';
import { LIMITS } from '../../../wire/limits.ts';
import type { ByteReader } from '../../../wire/reader.ts';
import { ByteWriter } from '../../../wire/writer.ts';
import { type Advertisement, LONGEST_ADVERTISEMENT, readAdvertisement, writeAdvertisement } from './advertise-keys.ts';

/** One member of a proven roster. */
export interface ProvenMember {
  readonly index: ClientIndex;
  readonly advertisement: Advertisement;
  /** Merkle siblings from the leaf upwards. */
  readonly proof: readonly Uint8Array[];
}

/**
 * The members: all their advertisements, or all their ids and the advertisements of the recipient and its neighbours
 * with Merkle proofs.
 */
export type RosterBody =
  | { readonly kind: 'full'; readonly advertisements: readonly Advertisement[] }
  | {
      readonly kind: 'proven';
      /** Member ids of the whole roster, by index. */
      readonly ids: readonly number[];
      readonly root: Uint8Array;
      readonly members: readonly ProvenMember[];
    };

/** Coordinator → client, end of round 0. The context is the settings hash. */
export interface Roster extends Header {
  /** Number of members, |U1|. */
  readonly size: number;
  /** The recipient's own place. */
  readonly ownIndex: ClientIndex;
  readonly body: RosterBody;
}

/** Offset of the recipient's place: after header and size. */
const OWN_INDEX = HEADER_LENGTH + 4;
const FULL = 1;
const PROVEN = 2;
const MIN_LEAF = 4 + 2 * SIZES.key + 1;

/** What the rosters of one cohort have in common. */
export interface CommonRoster extends Header {
  readonly size: number;
  readonly body: Extract<RosterBody, { kind: 'full' }> | Omit<Extract<RosterBody, { kind: 'proven' }>, 'members'>;
}

/**
 * Encodes the rosters of one cohort. What they have in common is encoded once: with 10,000 members the ids alone are
 * 40 kB in each of 10,000 messages.
 */
export class RosterEncoder {
  readonly #common: Uint8Array;

  /** @throws CairnError `wire-bounds` if the number of ids differs from the number of members */
  constructor(common: CommonRoster) {
    const { body, size } = common;
    const each = body.kind === 'full' ? LONGEST_ADVERTISEMENT : 4;
    const writer = startMessage('roster', common, OWN_INDEX + 5 + size * each + SIZES.hash)
      .u32(size)
      .u32(0);
    if (body.kind === 'full') {
      writer.u8(FULL);
      for (const advertisement of body.advertisements) writeAdvertisement(writer, advertisement);
    } else {
      if (body.ids.length !== size) {
        throw new CairnError('wire-bounds', `a roster of ${size} needs as many ids, but has ${body.ids.length}`);
      }
      writer.u8(PROVEN);
      for (const id of body.ids) writer.u32(id);
      writer.fixed(body.root, SIZES.hash);
    }
    this.#common = writer.finish();
  }

  /** A full roster's bytes for one recipient. */
  full(ownIndex: ClientIndex): Uint8Array {
    const bytes = this.#common.slice();
    new DataView(bytes.buffer).setUint32(OWN_INDEX, ownIndex, true);
    return bytes;
  }

  /** A proven roster's bytes for one recipient: `members` are its neighbours and itself. */
  proven(ownIndex: ClientIndex, members: readonly ProvenMember[]): Uint8Array {
    const common = this.full(ownIndex);
    const nodes = members.reduce((sum, { proof }) => sum + proof.length, 0);
    const each = 4 + LONGEST_ADVERTISEMENT + 1;
    const writer = new ByteWriter(common.length + 4 + members.length * each + nodes * SIZES.hash)
      .raw(common)
      .u32(members.length);
    for (const { index, advertisement, proof } of members) {
      writeAdvertisement(writer.u32(index), advertisement).u8(proof.length);
      for (const sibling of proof) writer.fixed(sibling, SIZES.hash);
    }
    return writer.finish();
  }
}

/** Bytes of a roster. */
export function encodeRoster(message: Roster): Uint8Array {
  const { body, ownIndex } = message;
  const encoder = new RosterEncoder(message);
  return body.kind === 'full' ? encoder.full(ownIndex) : encoder.proven(ownIndex, body.members);
}

/** Reads a roster. @throws CairnError `wire-…` for anything but one canonical roster */
export function decodeRoster(message: Encoded): Roster {
  const { header, reader } = openMessage('roster', message);
  const size = reader.u32In('size', 1, LIMITS.members);
  const ownIndex = clientIndex(reader.u32In('ownIndex', 0, size - 1));
  const kind = reader.u8In('kind', FULL, PROVEN);
  const body = kind === FULL ? readFull(reader, size) : readProven(reader, size);
  reader.end();
  return { ...header, size, ownIndex, body };
}

function readFull(reader: ByteReader, size: number): RosterBody {
  needRoom(reader, size, MIN_LEAF);
  return { kind: 'full', advertisements: Array.from({ length: size }, () => readAdvertisement(reader)) };
}

function readProven(reader: ByteReader, size: number): RosterBody {
  needRoom(reader, size, 4);
  const ids = Array.from({ length: size }, () => reader.u32('id'));
  const root = reader.raw(SIZES.hash, 'root').slice();
  const count = reader.u32In('members', 1, size);
  needRoom(reader, count, 4 + MIN_LEAF + 1);
  const members = Array.from({ length: count }, () => ({
    index: clientIndex(reader.u32In('index', 0, size - 1)),
    advertisement: readAdvertisement(reader),
    proof: Array.from({ length: reader.u8In('proof', 0, LIMITS.siblings) }, () =>
      reader.raw(SIZES.hash, 'sibling').slice(),
    ),
  }));
  return { kind: 'proven', ids, root, members };
}

/** Refuses a count that the message cannot hold before an array of that length is made. */
function needRoom(reader: ByteReader, count: number, least: number): void {
  if (count * least > reader.remaining) {
    throw reader.error(
      'wire-truncated',
      `${count} members need at least ${count * least} bytes, but ${reader.remaining} are left`,
    );
  }
}
