import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash,
  sign,
  verify,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { CairnError } from '../../errors.ts';
import { expectHkdfLength, expectLength, lowOrderKey } from '../checks.ts';
import { isStrictEd25519Key } from '../ed25519-keys.ts';
import type { Primitives } from '../primitives.ts';
import { SIZES } from '../suite.ts';

// Keys go in and out as JWK, which is fifteen times faster here than DER. `generateKeyPairSync('x25519')` followed by
// an export of the private key as JWK deadlocks in Node 20, so key pairs are never generated here: a secret is 32
// random bytes, imported. Its base64 text cannot be wiped; that is the price, and the reason why a memory dump of a
// client is outside what Cairn protects.

type Curve = 'X25519' | 'Ed25519';

/** A view for Node, not a copy. */
function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Node's buffers may come out of a shared pool; what leaves this file has memory of its own, so that wiping is safe. */
function own(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes);
}

function importSecret(crv: Curve, secret: Uint8Array): KeyObject {
  // A JWK needs a member `x`, but Node takes the public key from `d` alone; an empty text will do.
  return createPrivateKey({ key: { kty: 'OKP', crv, d: buffer(secret).toString('base64url'), x: '' }, format: 'jwk' });
}

function importPublic(crv: Curve, key: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv, x: buffer(key).toString('base64url') }, format: 'jwk' });
}

function publicBytes(secret: KeyObject): Uint8Array {
  const { x } = createPublicKey(secret).export({ format: 'jwk' });
  if (x === undefined) throw new CairnError('internal', 'node:crypto exported a public key without x');
  return own(Buffer.from(x, 'base64url'));
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** The suite by `node:crypto`, byte for byte equal to {@link portablePrimitives} of portable.ts. */
export const nodePrimitives: Primitives = {
  name: 'node',

  sha256(...parts) {
    // In one call it takes half the time, and a Merkle tree is thousands of them.
    if (parts.length === 1) return own(hash('sha256', parts[0], 'buffer'));
    const digest = createHash('sha256');
    for (const part of parts) digest.update(part);
    return own(digest.digest());
  },

  // Two HMACs for up to 32 bytes: hkdfSync builds key objects and takes twice the time.
  hkdf(inputKey, salt, info, length) {
    expectHkdfLength(length);
    const pseudoRandomKey = hmac(salt, inputKey);
    const output = new Uint8Array(length);
    let block: Uint8Array = new Uint8Array(0);
    for (let offset = 0, counter = 1; offset < length; offset += SIZES.hash, counter++) {
      const next = hmac(pseudoRandomKey, block, info, Uint8Array.of(counter));
      block.fill(0);
      block = next;
      output.set(block.subarray(0, Math.min(SIZES.hash, length - offset)), offset);
    }
    block.fill(0);
    pseudoRandomKey.fill(0);
    return output;
  },

  x25519PublicKey(secretKey) {
    expectLength('x25519 secret key', secretKey, SIZES.key);
    return publicBytes(importSecret('X25519', secretKey));
  },

  x25519(secretKey) {
    expectLength('x25519 secret key', secretKey, SIZES.key);
    let privateKey: KeyObject | undefined = importSecret('X25519', secretKey);
    return {
      with(peerPublicKey) {
        if (privateKey === undefined) throw new CairnError('secret-wiped', 'x25519: the secret key had been wiped');
        expectLength('x25519 public key', peerPublicKey, SIZES.key);
        const publicKey = importPublic('X25519', peerPublicKey);
        let shared: Buffer;
        try {
          shared = diffieHellman({ privateKey, publicKey });
        } catch {
          throw lowOrderKey(); // OpenSSL refuses the all-zero result, and nothing else
        }
        const copy = own(shared);
        shared.fill(0);
        return copy;
      },
      // OpenSSL clears the key when the last reference to it is collected; there is no way to do it earlier.
      wipe() {
        privateKey = undefined;
      },
    };
  },

  ed25519PublicKey(seed) {
    expectLength('ed25519 seed', seed, SIZES.key);
    return publicBytes(importSecret('Ed25519', seed));
  },

  ed25519Sign(seed, message) {
    expectLength('ed25519 seed', seed, SIZES.key);
    return own(sign(null, message, importSecret('Ed25519', seed)));
  },

  ed25519Verify(publicKey, message, signature) {
    if (!isStrictEd25519Key(publicKey) || signature.length !== SIZES.signature) return false;
    try {
      return verify(null, message, importPublic('Ed25519', publicKey), signature);
    } catch {
      return false;
    }
  },

  seal(key, nonce, associatedData, plaintext) {
    expectLength('seal key', key, SIZES.key);
    expectLength('seal nonce', nonce, SIZES.sealNonce);
    const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: SIZES.sealTag });
    cipher.setAAD(associatedData, { plaintextLength: plaintext.length });
    const sealed = new Uint8Array(plaintext.length + SIZES.sealTag);
    sealed.set(cipher.update(plaintext));
    cipher.final();
    sealed.set(cipher.getAuthTag(), plaintext.length);
    return sealed;
  },

  open(key, nonce, associatedData, sealed) {
    expectLength('seal key', key, SIZES.key);
    expectLength('seal nonce', nonce, SIZES.sealNonce);
    const length = sealed.length - SIZES.sealTag;
    if (length < 0) return undefined;
    const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: SIZES.sealTag });
    decipher.setAAD(associatedData, { plaintextLength: length });
    decipher.setAuthTag(sealed.subarray(length));
    const plaintext = decipher.update(sealed.subarray(0, length));
    try {
      decipher.final();
    } catch {
      plaintext.fill(0); // never hand out, nor leave behind, what did not authenticate
      return undefined;
    }
    const copy = own(plaintext);
    plaintext.fill(0);
    return copy;
  },
};
