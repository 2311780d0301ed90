import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import nacl from 'tweetnacl';
import { concatBytes, equalBytes } from './bytes.ts';
import { expectHkdfLength, expectLength, lowOrderKey } from './checks.ts';
import { isStrictEd25519Key } from './ed25519-keys.ts';
import type { Agreement, Primitives } from './primitives.ts';
import { SecretBytes } from './secret.ts';
import { SIZES } from './suite.ts';

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

function agreement(secretKey: Uint8Array): Agreement {
  const own = new SecretBytes(secretKey.slice());
  return {
    with(peerPublicKey) {
      expectLength('x25519 public key', peerPublicKey, SIZES.key);
      const shared = nacl.scalarMult(own.expose(), peerPublicKey);
      // tweetnacl accepts points of low order, whose product is zero whatever the secret (RFC 7748 §6.1).
      if (equalBytes(shared, new Uint8Array(SIZES.key))) throw lowOrderKey();
      return shared;
    },
    wipe: () => own.wipe(),
  };
}

/**
 * Ed25519 verification as ed25519-keys.ts fixes it. It is written out with noble's points, because noble's own `verify`
 * uses the cofactored equation, which accepts signatures that OpenSSL refuses.
 */
function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isStrictEd25519Key(publicKey) || signature.length !== SIZES.signature) return false;
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  const { Point } = ed25519;
  const order = Point.Fn.ORDER;
  if (s >= order) return false;
  try {
    const a = Point.fromBytes(publicKey);
    const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % order;
    // Nothing here is secret, so the faster variable-time products are safe.
    return equalBytes(Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).toBytes(), r);
  } catch {
    return false; // the key is not a point on the curve
  }
}

/** The suite on every platform: @noble/hashes, @noble/curves, @noble/ciphers and tweetnacl. */
export const portablePrimitives: Primitives = {
  name: 'portable',

  sha256(...parts) {
    if (parts.length === 1) return sha256(parts[0]!);
    const hash = sha256.create();
    for (const part of parts) hash.update(part);
    return hash.digest();
  },

  hkdf(inputKey, salt, info, length) {
    expectHkdfLength(length);
    return hkdf(sha256, inputKey, salt, info, length);
  },

  x25519PublicKey(secretKey) {
    expectLength('x25519 secret key', secretKey, SIZES.key);
    return nacl.scalarMult.base(secretKey);
  },

  x25519(secretKey) {
    expectLength('x25519 secret key', secretKey, SIZES.key);
    return agreement(secretKey);
  },

  ed25519PublicKey(seed) {
    expectLength('ed25519 seed', seed, SIZES.key);
    return ed25519.getPublicKey(seed);
  },

  ed25519Sign(seed, message) {
    expectLength('ed25519 seed', seed, SIZES.key);
    return ed25519.sign(message, seed);
  },

  ed25519Verify: verify,

  seal(key, nonce, associatedData, plaintext) {
    expectLength('seal key', key, SIZES.key);
    expectLength('seal nonce', nonce, SIZES.sealNonce);
    return chacha20poly1305(key, nonce, associatedData).encrypt(plaintext);
  },

  open(key, nonce, associatedData, sealed) {
    expectLength('seal key', key, SIZES.key);
    expectLength('seal nonce', nonce, SIZES.sealNonce);
    if (sealed.length < SIZES.sealTag) return undefined;
    try {
      return chacha20poly1305(key, nonce, associatedData).decrypt(sealed);
    } catch {
      return undefined; // lengths are checked above: only the tag can fail here
    }
  },
};
