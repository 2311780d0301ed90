import { ristretto255 } from '@noble/curves/ed25519.js';
import { u32le } from '../../crypto/bytes.ts';
import { portablePrimitives } from '../../crypto/portable.ts';
import { LABELS, SIZES } from '../../crypto/suite.ts';
import { transcript } from '../../crypto/transcript.ts';
import { CairnError } from '../../errors.ts';
import type { Prg } from '../prg.ts';

/**
 * Base transfers: random oblivious transfers of 32-byte keys by the protocol of Chou and Orlandi (2015, §2, "simplest
 * OT") over ristretto255. The sender sends A = a·G; the receiver answers B_i = b_i·G + c_i·A; the keys of transfer i
 * are the hashes of a·B_i and of a·(B_i − A), and the receiver knows the hash of b_i·A, which is the one of its choice.
 *
 * What holds. Each B_i is uniform in a group of prime order whatever A is, so the sender learns nothing of the choices,
 * even if it cheats. A receiver that knew both keys of a transfer would know a·A, which is the square Diffie-Hellman
 * problem (as hard as the computational one) in the random oracle model, even if it cheats. What is not claimed:
 * simulation against cheating parties. The published proof of that is known to have gaps, since a receiver need not
 * have asked the oracle when its B_i arrives; the extension is semi-honest anyway, and for semi-honest parties both
 * arguments above suffice. Endemic OT (Masny and Rindal 2019) would give that too, at about twice the arithmetic.
 *
 * Repairs that are in place: a group of prime order with one encoding a point, so no small subgroups and no second form
 * of a message; the neutral element is refused; a key's hash covers A, B_i and the index, so that copied messages give
 * unrelated keys. The arithmetic is that of big integers in JavaScript, and not guaranteed to take constant time.
 */

/** Bytes of an encoded point. */
export const POINT_BYTES = 32;

const { Point } = ristretto255;
type GroupPoint = InstanceType<typeof Point>;

/** Windows of this many bits for multiples of one point: the table pays from a few dozen multiples on. */
const WINDOW = 6;

/** A uniform scalar: 64 bytes modulo the order, whose bias is 2^−259. */
function drawScalar(prg: Prg): bigint {
  const bytes = prg.bytes(64);
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  bytes.fill(0);
  return value % Point.Fn.ORDER;
}

/**
 * @throws CairnError `key-invalid` unless the bytes are the canonical encoding of a point other than the neutral one
 */
function readPoint(bytes: Uint8Array): GroupPoint {
  let point: GroupPoint;
  try {
    point = Point.fromBytes(bytes);
  } catch (cause) {
    throw new CairnError('key-invalid', 'base transfers: not the canonical encoding of a point of ristretto255', {
      cause,
    });
  }
  if (point.is0()) throw new CairnError('key-invalid', 'base transfers: the neutral element is no public key');
  return point;
}

function keyOf(opening: Uint8Array, answer: Uint8Array, index: number, shared: GroupPoint): Uint8Array {
  const encoded = shared.toBytes();
  const key = transcript(portablePrimitives, LABELS.baseTransfer, opening, answer, u32le(index), encoded);
  encoded.fill(0);
  return key;
}

/** The hash of what both sides sent: names their setup. */
function sessionOf(opening: Uint8Array, answers: Uint8Array): Uint8Array {
  return transcript(portablePrimitives, LABELS.transferSetup, opening, answers);
}

/** The sender of base transfers. */
export class BaseSender {
  /** Its message to the receiver: A, 32 bytes. */
  readonly opening: Uint8Array;
  readonly #scalar: bigint;
  readonly #square: GroupPoint;

  constructor(prg: Prg) {
    this.#scalar = drawScalar(prg);
    const point = Point.BASE.multiply(this.#scalar);
    this.opening = point.toBytes();
    this.#square = point.multiply(this.#scalar);
  }

  /**
   * @param answers the receiver's: 32 bytes a transfer
   * @returns two keys of 32 bytes a transfer, one after the other
   * @throws CairnError `wire-bounds` if the answers are not whole points, `key-invalid` if one is not a point
   */
  finish(answers: Uint8Array): { readonly pairs: Uint8Array; readonly session: Uint8Array } {
    if (answers.length % POINT_BYTES !== 0) {
      throw new CairnError('wire-bounds', `base transfers: expected points of 32 bytes, got ${answers.length} bytes`);
    }
    const count = answers.length / POINT_BYTES;
    const pairs = new Uint8Array(2 * SIZES.seed * count);
    for (let i = 0; i < count; i++) {
      const answer = answers.subarray(POINT_BYTES * i, POINT_BYTES * (i + 1));
      const shared = readPoint(answer).multiply(this.#scalar);
      for (const [choice, point] of [shared, shared.subtract(this.#square)].entries()) {
        const key = keyOf(this.opening, answer, i, point);
        pairs.set(key, SIZES.seed * (2 * i + choice));
        key.fill(0);
      }
    }
    return { pairs, session: sessionOf(this.opening, answers) };
  }
}

/** What the receiver of base transfers sends and keeps. */
export interface BaseReceived {
  /** For the sender: 32 bytes a transfer. */
  readonly answers: Uint8Array;
  /** The keys that it chose: 32 bytes a transfer. */
  readonly keys: Uint8Array;
  /** 32 bytes that the sender knows too, and no other setup has. */
  readonly session: Uint8Array;
}

/**
 * The receiver of base transfers, once the sender's opening is there.
 * @param choices packed; transfer i is bit i mod 8 of byte ⌊i / 8⌋
 * @throws CairnError `key-invalid` if the opening is not a point
 */
export function receiveBase(opening: Uint8Array, choices: Uint8Array, count: number, prg: Prg): BaseReceived {
  const offered = readPoint(opening);
  offered.precompute(WINDOW, false);
  const answers = new Uint8Array(POINT_BYTES * count);
  const keys = new Uint8Array(SIZES.seed * count);
  const added = [Point.ZERO, offered] as const;
  for (let i = 0; i < count; i++) {
    const scalar = drawScalar(prg);
    const choice = ((choices[i >> 3]! >> (i & 7)) & 1) as 0 | 1;
    const answer = Point.BASE.multiply(scalar).add(added[choice]).toBytes();
    const key = keyOf(opening, answer, i, offered.multiply(scalar));
    answers.set(answer, POINT_BYTES * i);
    keys.set(key, SIZES.seed * i);
    key.fill(0);
  }
  return { answers, keys, session: sessionOf(opening, answers) };
}
