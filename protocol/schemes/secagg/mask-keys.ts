import { u32le } from '../../crypto/bytes.ts';
import type { Agreement, Primitives } from '../../crypto/primitives.ts';
import type { SecretBytes } from '../../crypto/secret.ts';
import { LABELS } from '../../crypto/suite.ts';
import { deriveKey, transcript } from '../../crypto/transcript.ts';

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
 * A member's commitment to its self mask seed b_u: a hash of b_u, the session id and its own index, which the
 * coordinator keeps from round 1 on and compares with the seed that it rebuilds.
 *
 * - **It hides b_u**, even from a coordinator that has it long before unmasking, or never gets b_u because the member
 *   drops: b_u is 32 uniform bytes, so an attacker has to guess it to find it from the hash, and could test a guess on
 *   the mask itself as well. Mask key and commitment come from hashes under different labels. No extra randomness is
 *   needed, as it would be for a value that can be guessed.
 * - **Binding is all that is required of it.** A member that found two seeds with one hash (2^128 work) could corrupt a
 *   sum, which it can do for free by what it masks. Session and index are in it so that no member can pass on another
 *   member's commitment, or an old one, and so that guesses cannot be tested against many seeds at once.
 *
 * It is there to catch members that lie about shares, and bits flipped in transit. The coordinator learns the sum
 * as it is: it has no need to lie here, and the commitment would catch no lie of the coordinator's.
 * @returns 32 bytes
 */
export function seedCommitment(
  primitives: Primitives,
  seed: SecretBytes,
  sessionId: Uint8Array,
  index: number,
): Uint8Array {
  return transcript(primitives, LABELS.seedCommitment, sessionId, u32le(index), seed.expose());
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

/** {@link pairMaskKey} of a pair whose 32-byte shared secret has been computed; the caller wipes it. */
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
