import {
  deriveKey,
  LABELS,
  type Primitives,
  type SecretBytes,
  SIZES,
  toHex,
  u32le,
  utf8,
} from '../../protocol/crypto/index.ts';
import type { UpdateKey } from './updates.ts';

/** No salt (RFC 5869 §2.2). */
const NO_SALT = new Uint8Array(SIZES.hash);

/**
 * The default seed of a client's training: an integer below 2^32 that follows from the client's own secret, so that a
 * restarted member trains the same update from the same model.
 */
export function defaultSeed(primitives: Primitives, secret: SecretBytes): number {
  const key = deriveKey(primitives, secret.expose(), NO_SALT, LABELS.trainingSeed);
  const bytes = key.expose();
  const seed = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  key.wipe();
  return seed;
}

/**
 * A seed for the shuffling of one training: 32 bits of SHA-256. It is not secret and reaches no key. It depends on no
 * task, round or count: what a client trains from one model, for one repeat and with the same options is the same.
 */
export function trainingSeed(primitives: Primitives, seed: number, { point, repeat, training }: UpdateKey): number {
  const digest = primitives.sha256(utf8(JSON.stringify([seed, toHex(point), repeat, training])));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0, true);
}

/**
 * A seed for the choice of examples in a repeated training: an integer below 2^53 that the coordinator cannot know,
 * since it follows from the client's own secret.
 */
export function subsetSeed(primitives: Primitives, secret: SecretBytes, { point, repeat }: UpdateKey): number {
  const key = deriveKey(primitives, secret.expose(), point, LABELS.subset, u32le(repeat));
  const bytes = key.expose();
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const seed = view.getUint32(0, true) * 2 ** 21 + (view.getUint32(4, true) >>> 11);
  key.wipe();
  return seed;
}
