import { CairnError } from '../../errors.ts';
import { ByteReader, ByteWriter } from '../../wire/index.ts';
import { pieceCorrectionBytes, SEED_BYTES } from './demand.ts';
import type { Demand, Side } from './types.ts';

/**
 * What a dealer that both sides reach is asked, and what it answers. The messages themselves protect nothing: they need
 * an encrypted connection, whose other end each side knows to be the dealer.
 *
 *     request      version 1, type 1, session 16, side 1, batch 4, seed 32, mask 1 (and mask seed 32), plan 4 + n
 *     corrections  version 1, type 1, session 16, corrections
 */

/** Version of both messages. */
const VERSION = 1;

const TYPES = { request: 1, corrections: 2 } as const;

/** Bytes of a session’s id: drawn anew for each piece, and told by one side to the other. */
export const SESSION_BYTES = 16;

/** Bytes of the longest plan. */
export const MAX_PLAN_BYTES = 2 ** 20;

/** Inputs of one piece. */
export const MAX_PIECE_BATCH = 2 ** 20;

const SIDES: readonly Side[] = ['seeded', 'corrected'];

/** What one side asks the dealer for. */
export interface DealingRequest {
  /** 16 bytes: the same in both sides' requests, and in no others. */
  readonly session: Uint8Array;
  readonly side: Side;
  /** Encoded, from 1 byte on; the dealer derives from it what to deal. It says nothing of weights or inputs. */
  readonly plan: Uint8Array;
  /** Inputs that the piece serves at once. */
  readonly batch: number;
  /** 32 bytes, drawn for this piece. Secret. */
  readonly seed: Uint8Array;
  /** The seed of the masks of this side’s weights, 32 bytes, the same for all pieces of a model. Secret. */
  readonly maskSeed: Uint8Array | undefined;
}

/** A request as it is sent. @throws CairnError `wire-bounds` for a field of another length or out of range */
export function encodeDealingRequest({ session, side, plan, batch, seed, maskSeed }: DealingRequest): Uint8Array {
  const writer = new ByteWriter(128 + plan.length)
    .u8(VERSION)
    .u8(TYPES.request)
    .fixed(session, SESSION_BYTES)
    .u8(SIDES.indexOf(side))
    .u32(batch)
    .fixed(seed, SEED_BYTES)
    .u8(maskSeed === undefined ? 0 : 1);
  if (maskSeed !== undefined) writer.fixed(maskSeed, SEED_BYTES);
  const encoded = writer.block(plan).finish();
  if (batch >= 1 && batch <= MAX_PIECE_BATCH && plan.length >= 1 && plan.length <= MAX_PLAN_BYTES) return encoded;
  throw new CairnError('wire-bounds', `a plan of ${plan.length} bytes for ${batch} inputs cannot be dealt for`);
}

/**
 * Reads a request; all bytes are copied.
 * @throws CairnError `wire-version`, `wire-type`, `wire-truncated`, `wire-trailing`, `wire-bounds`, `wire-not-canonical`
 */
export function decodeDealingRequest(bytes: Uint8Array): DealingRequest {
  const reader = opened(bytes, TYPES.request, 'dealing request');
  const session = reader.raw(SESSION_BYTES, 'session').slice();
  const side = SIDES[reader.u8In('side', 0, 1)]!;
  const batch = reader.u32In('batch', 1, MAX_PIECE_BATCH);
  const seed = reader.raw(SEED_BYTES, 'seed').slice();
  const maskSeed = reader.flag('mask') ? reader.raw(SEED_BYTES, 'mask seed').slice() : undefined;
  const plan = reader.raw(reader.u32In('length of plan', 1, MAX_PLAN_BYTES), 'plan').slice();
  reader.end();
  return { session, side, plan, batch, seed, maskSeed };
}

/** What the dealer sends to the corrected side. @throws CairnError `wire-bounds` for an id of another length */
export function encodeCorrections(session: Uint8Array, corrections: Uint8Array): Uint8Array {
  return new ByteWriter(2 + SESSION_BYTES + corrections.length)
    .u8(VERSION)
    .u8(TYPES.corrections)
    .fixed(session, SESSION_BYTES)
    .raw(corrections)
    .finish();
}

/**
 * Reads the dealer’s answer.
 * @param session the id that was asked with
 * @param demands what the plan needs: says how long corrections are
 * @returns a view of the corrections
 * @throws CairnError `wire-version`, `wire-type`, `wire-truncated`, `wire-trailing`; `session-mismatch` for another
 * session’s
 */
export function decodeCorrections(bytes: Uint8Array, session: Uint8Array, demands: readonly Demand[]): Uint8Array {
  const reader = opened(bytes, TYPES.corrections, 'corrections');
  const answered = reader.raw(SESSION_BYTES, 'session');
  if (!answered.every((byte, i) => byte === session[i])) {
    throw new CairnError('session-mismatch', 'the dealer answered for another session than the one asked for');
  }
  const corrections = reader.raw(pieceCorrectionBytes(demands), 'corrections');
  reader.end();
  return corrections;
}

function opened(bytes: Uint8Array, type: number, name: string): ByteReader {
  const reader = new ByteReader(bytes, name);
  const version = reader.u8('version');
  if (version !== VERSION)
    throw new CairnError('wire-version', `${name}: version ${version}, and this side has ${VERSION}`);
  const found = reader.u8('type');
  if (found !== type) throw reader.error('wire-type', `expected type ${type}, but it is ${found}`);
  return reader;
}
