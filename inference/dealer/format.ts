import { createHash } from 'node:crypto';
import {
  MAX_PIECE_BATCH,
  pieceCorrectionBytes,
  type Demand,
  SEED_BYTES,
  type Side,
} from '../../protocol/mpc/dealer/index.ts';
import { ByteReader, ByteWriter } from '../../protocol/wire/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';

/**
 * A dealer's file: a header, then pieces of one length, each with a checksum that binds it to the header and to its
 * place. Two files are made at once, one for each side; they have the pair's id in common. Numbers are little-endian.
 *
 *     header   magic 8, version 2, side 1, mask 1, plan 32, pair 16, batch 4, count 4, corrections 4, mask seed 32,
 *              checksum 16
 *     mark     16 bytes: zeros until the file is first opened, then the id of the record of what was used
 *     piece    seed 32, corrections, checksum 16; zeros once it was used
 *
 * Checksums tell damage, and pieces of other files; a party that can write the file can make them fit.
 */

/** The first bytes of a dealer's file. */
const MAGIC = new TextEncoder().encode('CRNDEALT');

/** Of this format. A file of another one is refused. */
const VERSION = 1;

/** Bytes of a checksum. */
const CHECKSUM_BYTES = 16;

/** Bytes of a pair’s id, and of the id of a record. */
export const ID_BYTES = 16;

const HASH_BYTES = 32;

/** Bytes before the mark, of which the last ones are the header's checksum. */
export const HEADER_BYTES = 8 + 2 + 1 + 1 + HASH_BYTES + ID_BYTES + 3 * 4 + SEED_BYTES + CHECKSUM_BYTES;

/** Where the first piece begins. */
const PIECES_AT = HEADER_BYTES + ID_BYTES;

const SIDES: readonly Side[] = ['seeded', 'corrected'];

/** Pieces of one file. */
export const MAX_COUNT = 2 ** 24;

/** What a file says of itself. */
export interface Header {
  readonly side: Side;
  /** Hash of the plan that the pieces were dealt for: 32 bytes. */
  readonly plan: Uint8Array;
  /** Id that the two files of one make have in common: 16 random bytes. It is no secret. */
  readonly pair: Uint8Array;
  /** Inputs that a piece serves at once. */
  readonly batch: number;
  /** Pieces, used ones included. */
  readonly count: number;
  /** Bytes of a piece's corrections; 0 on the seeded side. */
  readonly corrections: number;
  /** The seed of the masks of this side's weights; undefined if it masks none. Secret. */
  readonly maskSeed: Uint8Array | undefined;
}

/** Bytes of a side's corrections for a piece. */
export function correctionsOf(side: Side, demands: readonly Demand[]): number {
  return side === 'seeded' ? 0 : pieceCorrectionBytes(demands);
}

/** Bytes of a piece with its checksum, and of a whole file. */
export function pieceBytes({ corrections }: Header): number {
  return SEED_BYTES + corrections + CHECKSUM_BYTES;
}

/** Where a piece begins; for an index of `count`, where the file ends. */
export function pieceAt(header: Header, index: number): number {
  return PIECES_AT + index * pieceBytes(header);
}

/** The header, without a mark. */
export function encodeHeader({ side, plan, pair, batch, count, corrections, maskSeed }: Header): Uint8Array {
  const fields = new ByteWriter(HEADER_BYTES)
    .raw(MAGIC)
    .u16(VERSION)
    .u8(SIDES.indexOf(side))
    .u8(maskSeed === undefined ? 0 : 1)
    .fixed(plan, HASH_BYTES)
    .fixed(pair, ID_BYTES)
    .u32(batch)
    .u32(count)
    .u32(corrections)
    .fixed(maskSeed ?? new Uint8Array(SEED_BYTES), SEED_BYTES)
    .finish();
  return Uint8Array.from([...fields, ...checksum(fields)]);
}

/**
 * Reads a header.
 * @param path named in errors
 * @throws CairnError `dealt-file` for anything that {@link encodeHeader} does not make
 */
export function decodeHeader(bytes: Uint8Array, path: string): Header {
  const damaged = (why: string, cause?: unknown): CairnError =>
    new CairnError('dealt-file', `${path} is not a whole dealer’s file: ${why}`, { cause });
  if (!MAGIC.every((byte, i) => byte === bytes[i])) throw damaged('it begins otherwise');
  const fields = bytes.subarray(0, HEADER_BYTES - CHECKSUM_BYTES);
  try {
    const reader = new ByteReader(bytes, 'header');
    reader.raw(MAGIC.length, 'magic');
    const version = reader.u16('version');
    if (version !== VERSION) throw damaged(`its format has version ${version}, and this program reads ${VERSION}`);
    const side = SIDES[reader.u8In('side', 0, 1)]!;
    const masks = reader.flag('mask');
    const plan = reader.raw(HASH_BYTES, 'plan').slice();
    const pair = reader.raw(ID_BYTES, 'pair').slice();
    const batch = reader.u32In('batch', 1, MAX_PIECE_BATCH);
    const count = reader.u32In('count', 1, MAX_COUNT);
    const corrections = reader.u32('corrections');
    const seed = reader.raw(SEED_BYTES, 'mask seed').slice();
    const sum = reader.raw(CHECKSUM_BYTES, 'checksum');
    reader.end();
    if (!checksum(fields).equals(sum)) throw damaged('its header does not fit its checksum');
    if (!masks && seed.some((byte) => byte !== 0)) throw damaged('it has a mask seed and masks nothing');
    return { side, plan, pair, batch, count, corrections, maskSeed: masks ? seed : undefined };
  } catch (thrown) {
    const error = asCairnError(thrown);
    throw error.code === 'dealt-file' ? error : damaged(error.message, error);
  }
}

/** A piece as it is in the file. @param header as {@link encodeHeader} gives it */
export function encodePiece(header: Uint8Array, index: number, seed: Uint8Array, corrections: Uint8Array): Uint8Array {
  const out = new Uint8Array(SEED_BYTES + corrections.length + CHECKSUM_BYTES);
  out.set(seed);
  out.set(corrections, SEED_BYTES);
  out.set(pieceChecksum(header, index, out), out.length - CHECKSUM_BYTES);
  return out;
}

/** What a piece in a file is: `whole`, `used` (zeros), or `damaged`. */
export function stateOf(header: Uint8Array, index: number, piece: Uint8Array): 'whole' | 'used' | 'damaged' {
  if (pieceChecksum(header, index, piece).equals(piece.subarray(-CHECKSUM_BYTES))) return 'whole';
  return piece.every((byte) => byte === 0) ? 'used' : 'damaged';
}

/** The seed and the corrections of a whole piece: views. */
export function partsOf(piece: Uint8Array): { readonly seed: Uint8Array; readonly corrections: Uint8Array } {
  return { seed: piece.subarray(0, SEED_BYTES), corrections: piece.subarray(SEED_BYTES, -CHECKSUM_BYTES) };
}

function pieceChecksum(header: Uint8Array, index: number, piece: Uint8Array): Buffer {
  const place = new ByteWriter(4).u32(index).finish();
  return checksum(header, place, piece.subarray(0, -CHECKSUM_BYTES));
}

function checksum(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest().subarray(0, CHECKSUM_BYTES);
}
