import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hash,
} from 'node:crypto';
import { expectHkdfLength, expectLength } from '../checks.ts';
import { portablePrimitives } from '../portable.ts';
import type { Primitives } from '../primitives.ts';
import { SIZES } from '../suite.ts';
import { chooseEncodings, type KeyEncodings } from './choose.ts';
import { type Curves, nodeCurves } from './curves.ts';
import type { EncodingName } from './key-encodings.ts';

/** Node's buffers may come from a shared pool; what leaves this file has separate memory, so that wiping is safe. */
function own(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes);
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** The operations that need no curve key. */
const symmetric: Omit<Primitives, 'name' | keyof Curves> = {
  sha256(...parts) {
    // One call takes half the time, and a Merkle tree needs thousands of them.
    if (parts.length === 1) return own(hash('sha256', parts[0]!, 'buffer'));
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
      plaintext.fill(0); // never return or leave behind what did not authenticate
      return undefined;
    }
    const copy = own(plaintext);
    plaintext.fill(0);
    return copy;
  },
};

/** How X25519 and Ed25519 keys are imported, or that the portable code is used instead. */
export interface KeyImport {
  readonly private: EncodingName | 'portable';
  readonly public: EncodingName | 'portable';
}

/**
 * Names the choice, for people and reports.
 * @internal Tests name encodings that this release of Node does not choose.
 */
export function keyImportOf(encodings: KeyEncodings | undefined): KeyImport {
  return { private: encodings?.private.name ?? 'portable', public: encodings?.public.name ?? 'portable' };
}

/**
 * The suite by `node:crypto` with keys in these encodings. Without any, X25519 and Ed25519 are computed by the portable
 * code: a release that changes how keys are imported makes the program slower, but does not keep it from starting.
 * @internal Tests run the suite with every encoding, and without any: a release has one of them.
 */
export function nodePrimitivesBy(encodings: KeyEncodings | undefined): Primitives {
  const curves: Curves = encodings === undefined ? portablePrimitives : nodeCurves(encodings);
  const { x25519PublicKey, x25519, ed25519PublicKey, ed25519Sign, ed25519Verify } = curves;
  return { name: 'node', ...symmetric, x25519PublicKey, x25519, ed25519PublicKey, ed25519Sign, ed25519Verify };
}

const chosen = chooseEncodings({ createPrivateKey, createPublicKey });

/** How this release of Node imports keys, found once by trial when this file is loaded. */
export const nodeKeyImport: KeyImport = keyImportOf(chosen);

/** The suite by `node:crypto`, byte for byte equal to {@link portablePrimitives} in portable.ts. */
export const nodePrimitives: Primitives = nodePrimitivesBy(chosen);
