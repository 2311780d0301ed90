import type { Primitives } from './primitives.ts';
import type { RandomSource } from './random.ts';
import { SecretBytes } from './secret.ts';
import { SIZES } from './suite.ts';

/** A public key in clear and its secret key, 32 bytes each. The owner wipes the secret. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: SecretBytes;
}

/**
 * The X25519 key pair (RFC 7748) of a 32-byte secret, which is copied: the caller wipes its own.
 * @throws CairnError `key-invalid` for another length
 */
export function agreementKeyFrom(primitives: Primitives, secret: Uint8Array): KeyPair {
  return { publicKey: primitives.x25519PublicKey(secret), secretKey: new SecretBytes(secret.slice()) };
}

/** A fresh X25519 key pair. Any 32 random bytes are a secret key: clamping belongs to the agreement (RFC 7748 §5). */
export function generateAgreementKey(primitives: Primitives, random: RandomSource): KeyPair {
  const secret = random(SIZES.key);
  return { publicKey: primitives.x25519PublicKey(secret), secretKey: new SecretBytes(secret) };
}

/**
 * The Ed25519 identity (RFC 8032) of a 32-byte seed, which is copied: the caller wipes its own.
 * @throws CairnError `key-invalid` for another length
 */
export function identityFrom(primitives: Primitives, seed: Uint8Array): KeyPair {
  return { publicKey: primitives.ed25519PublicKey(seed), secretKey: new SecretBytes(seed.slice()) };
}

/** A fresh Ed25519 identity; its secret key is the seed. */
export function generateIdentity(primitives: Primitives, random: RandomSource): KeyPair {
  const seed = random(SIZES.key);
  return { publicKey: primitives.ed25519PublicKey(seed), secretKey: new SecretBytes(seed) };
}
