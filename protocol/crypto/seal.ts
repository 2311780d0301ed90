import { u32le } from './bytes.ts';
import type { Primitives } from './primitives.ts';
import type { SecretBytes } from './secret.ts';
import { LABELS, SIZES } from './suite.ts';
import { deriveKey, transcript } from './transcript.ts';

/**
 * Always zero. That is sound because a nonce must not repeat under one key, and no seal key is used twice: it is derived
 * from a pair's shared secret (both keys fresh in every round), the session id and the *ordered* pair of members, and a
 * member sends one bundle of shares to each other member in a session. Keys of the two directions differ.
 */
const NONCE = new Uint8Array(SIZES.sealNonce);

/**
 * The key of the one message that member `from` seals for member `to` (AE(agree(c_u, c_v); …) in round 1 of the paper).
 * @param sharedSecret the 32-byte X25519 result; the caller wipes it
 * @param sessionId 32 bytes; as the salt it binds the key to the whole roster and settings
 */
export function sealKey(
  primitives: Primitives,
  sharedSecret: Uint8Array,
  sessionId: Uint8Array,
  from: number,
  to: number,
): SecretBytes {
  return deriveKey(primitives, sharedSecret, sessionId, LABELS.sealKey, u32le(from), u32le(to));
}

/** What a seal is bound to. */
export interface SealContext {
  /** From {@link sealKey}, for the same session and members. */
  readonly key: SecretBytes;
  readonly sessionId: Uint8Array;
  /** Roster index of the member that seals. */
  readonly from: number;
  /** Roster index of the member that opens. */
  readonly to: number;
}

function associatedData(primitives: Primitives, { sessionId, from, to }: SealContext): Uint8Array {
  return transcript(primitives, LABELS.sealData, sessionId, u32le(from), u32le(to));
}

/**
 * Seals a bundle of shares by ChaCha20-Poly1305 (RFC 8439 §2.8).
 * @returns the ciphertext and its 16-byte tag: plaintext.length + 16 bytes
 * @throws CairnError `secret-wiped` when the key was wiped, which is how a second use fails
 */
export function sealShares(
  primitives: Primitives,
  message: SealContext & { readonly plaintext: Uint8Array },
): Uint8Array {
  return primitives.seal(message.key.expose(), NONCE, associatedData(primitives, message), message.plaintext);
}

/** Opens what {@link sealShares} sealed; undefined if it does not authenticate. The caller wipes the plaintext. */
export function openShares(
  primitives: Primitives,
  message: SealContext & { readonly sealed: Uint8Array },
): Uint8Array | undefined {
  return primitives.open(message.key.expose(), NONCE, associatedData(primitives, message), message.sealed);
}
