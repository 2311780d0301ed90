import type { Primitives } from './primitives.ts';
import type { SecretBytes } from './secret.ts';
import { withSecrets } from './secret-scope.ts';

/** Which implementation agrees on keys: WebCrypto, or one of the {@link Primitives} by its name. */
export type AgreementName = 'webcrypto' | Primitives['name'];

/** The agreements that a session needs: X25519 of one secret key with each peer. */
export interface WantedAgreements {
  /** The session's own key. It is read, never kept, and the session may wipe it while a computation is under way. */
  readonly secretKey: SecretBytes;
  /** Audited public keys, 32 bytes each. */
  readonly peers: readonly Uint8Array[];
}

/**
 * Computes agreements away from the session that needs them, so that a thread that serves a page or a socket is not
 * blocked. All implementations agree byte for byte.
 */
export interface Agreer {
  readonly name: AgreementName;
  /**
   * The 32-byte shared secrets, in the order of the peers. The caller wipes them; if the promise rejects, all that were
   * made are zeroed.
   * @param signal aborted when the result is no longer needed; the promise then rejects with its reason
   * @throws CairnError `key-invalid` for a peer's key that is not 32 bytes or of low order (all-zero result, RFC 7748
   * §6.1), `secret-wiped` for a secret key that was wiped before
   */
  agree(wanted: WantedAgreements, signal: AbortSignal): Promise<readonly SecretBytes[]>;
}

/**
 * All agreements at once, on the caller's thread: used by sessions that have no driver.
 * @throws CairnError as {@link Agreer} does; no secret is left behind then
 */
export function agreeAll(primitives: Primitives, { secretKey, peers }: WantedAgreements): readonly SecretBytes[] {
  const agreement = primitives.x25519(secretKey.expose());
  try {
    return withSecrets((hold) => peers.map((peer) => hold(agreement.with(peer))));
  } finally {
    agreement.wipe();
  }
}
