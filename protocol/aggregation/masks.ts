import { u32le } from '../crypto/bytes.ts';
import type { Agreement, Primitives } from '../crypto/primitives.ts';
import type { SecretBytes } from '../crypto/secret.ts';
import { LABELS } from '../crypto/suite.ts';
import { deriveKey } from '../crypto/transcript.ts';

/**
 * The key of the self mask PRG(b_u) (Bonawitz 2017 §4, round 2): HKDF of the 32-byte seed b_u with the session id as
 * salt, so that a seed opened in one session says nothing in another.
 */
export function selfMaskKey(
  primitives: Primitives,
  seed: SecretBytes,
  sessionId: Uint8Array,
  index: number,
): SecretBytes {
  return deriveKey(primitives, seed.expose(), sessionId, LABELS.selfMask, u32le(index));
}

/**
 * The key of the pair mask PRG(s_{u,v}): HKDF of the X25519 agreement with the session id as salt and both indices, the
 * lower one first, so that both ends derive the same key.
 * @throws CairnError `key-invalid` for a peer key of low order
 */
export function pairMaskKey(
  primitives: Primitives,
  agreement: Agreement,
  sessionId: Uint8Array,
  index: number,
  peer: { readonly index: number; readonly maskKey: Uint8Array },
): SecretBytes {
  const shared = agreement.with(peer.maskKey);
  try {
    return agreedMaskKey(primitives, shared, sessionId, index, peer.index);
  } finally {
    shared.fill(0);
  }
}

/** {@link pairMaskKey} of a pair whose 32-byte shared secret is there already; the caller wipes it. */
export function agreedMaskKey(
  primitives: Primitives,
  shared: Uint8Array,
  sessionId: Uint8Array,
  index: number,
  peer: number,
): SecretBytes {
  const low = Math.min(index, peer);
  const high = Math.max(index, peer);
  return deriveKey(primitives, shared, sessionId, LABELS.pairMask, u32le(low), u32le(high));
}
