/** Computes X25519 shared secrets between one fixed secret key and any peer's public key. */
export interface Agreement {
  /**
   * The 32-byte shared secret. The caller wipes it.
   * @throws CairnError `key-invalid` for a public key that is not 32 bytes, or of low order (all-zero result, RFC 7748 §6.1)
   * @throws CairnError `secret-wiped` after {@link wipe}
   */
  with(peerPublicKey: Uint8Array): Uint8Array;
  /** Zeroes this binding's own copy of the secret key, or drops Node's. Wiping twice is harmless. */
  wipe(): void;
}

/**
 * The cryptographic operations of the suite, behind one interface with two implementations that agree byte for byte:
 * the portable one (noble, tweetnacl) for every platform, and Node's own (`node:crypto`), about 15 times faster. All
 * are synchronous, and none keeps a reference to its arguments.
 */
export interface Primitives {
  readonly name: 'portable' | 'node';
  /** SHA-256 (FIPS 180-4) of the parts, concatenated: 32 bytes. */
  sha256(...parts: readonly Uint8Array[]): Uint8Array;
  /** HKDF-SHA-256 (RFC 5869), extract and expand. */
  hkdf(inputKey: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array;
  /** X25519 public key (RFC 7748) of a 32-byte secret key, which is clamped as the RFC requires. */
  x25519PublicKey(secretKey: Uint8Array): Uint8Array;
  /** Binds a 32-byte secret key, so that it is imported once for many peers. */
  x25519(secretKey: Uint8Array): Agreement;
  /** Ed25519 public key (RFC 8032) of a 32-byte seed. */
  ed25519PublicKey(seed: Uint8Array): Uint8Array;
  /** Ed25519 signature of a message under a 32-byte seed: 64 bytes, deterministic. */
  ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /** Whether a signature verifies. False, never an error, for malformed keys or signatures. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** ChaCha20-Poly1305 (RFC 8439): ciphertext followed by the 16-byte tag. */
  seal(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Opens a seal; undefined if it does not authenticate. */
  open(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}
