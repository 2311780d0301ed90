import { SecretBytes } from './secret.ts';

/** Adds bytes or a secret to a scope, and returns the secret. */
export type HoldSecret = (secret: SecretBytes | Uint8Array) => SecretBytes;

/**
 * Runs `body` with a scope for the secrets it makes: if it throws half way, all of them are wiped before the error is
 * rethrown, so that an audit that fails late leaves nothing behind. On success they belong to the caller.
 */
export function withSecrets<T>(body: (hold: HoldSecret) => T): T {
  const held: SecretBytes[] = [];
  try {
    return body((secret) => {
      const kept = secret instanceof SecretBytes ? secret : new SecretBytes(secret);
      held.push(kept);
      return kept;
    });
  } catch (error) {
    for (const secret of held) secret.wipe();
    throw error;
  }
}
