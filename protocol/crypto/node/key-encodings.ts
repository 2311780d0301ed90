import type { createPrivateKey, createPublicKey, KeyObject } from 'node:crypto';
import { CairnError } from '../../errors.ts';
import { fromHex } from '../bytes.ts';
import { SIZES } from '../suite.ts';

/** The two curves of the suite, by their JWK names (RFC 8037). */
type Curve = 'X25519' | 'Ed25519';

/** How 32 bytes are encoded for `node:crypto`: as they are, as a JSON Web Key, or in ASN.1 (RFC 8410). */
export type EncodingName = 'raw' | 'jwk' | 'der';

/** What newer releases accept besides DER, PEM and JWK; Node 20's types do not include it. */
interface RawKeyInput {
  readonly key: Uint8Array;
  readonly format: 'raw-private' | 'raw-public';
  readonly asymmetricKeyType: 'x25519' | 'ed25519';
}

/** The two functions of `node:crypto` that import keys, including what Node 20's types lack. */
export interface KeyFunctions {
  createPrivateKey(input: Parameters<typeof createPrivateKey>[0] | RawKeyInput): KeyObject;
  createPublicKey(input: Parameters<typeof createPublicKey>[0] | RawKeyInput): KeyObject;
}

/** One way to import a secret: an X25519 secret key or an Ed25519 seed, 32 bytes that remain the caller's. */
export interface PrivateEncoding {
  readonly name: EncodingName;
  /** @throws whatever `node:crypto` throws on a release that lacks or refuses this way */
  readonly read: (curve: Curve, secret: Uint8Array) => KeyObject;
}

/** One way to import a public key of 32 bytes, and to get the bytes of a secret's public key. */
export interface PublicEncoding {
  readonly name: EncodingName;
  /**
   * @throws whatever `node:crypto` throws on a release that lacks or refuses this way, or for a key that is not a point
   */
  readonly read: (curve: Curve, key: Uint8Array) => KeyObject;
  /** The 32 bytes of a secret's public key, in separate memory. */
  readonly derive: (secret: KeyObject) => Uint8Array;
}

const RAW_TYPE = { X25519: 'x25519', Ed25519: 'ed25519' } as const;

/** RFC 8410 §7 and §4: everything in an encoded private and public key before its 32 bytes. */
const PKCS8_PREFIX = {
  X25519: fromHex('302e020100300506032b656e04220420'),
  Ed25519: fromHex('302e020100300506032b657004220420'),
} as const;
const SPKI_PREFIX = {
  X25519: fromHex('302a300506032b656e032100'),
  Ed25519: fromHex('302a300506032b6570032100'),
} as const;

/** A view for Node, not a copy. */
function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** In separate memory, not from Node's pool, so that it can be zeroed. */
function joined(prefix: Uint8Array, key: Uint8Array): Buffer {
  const whole = Buffer.alloc(prefix.length + key.length);
  whole.set(prefix);
  whole.set(key, prefix.length);
  return whole;
}

function writeJwk(key: KeyObject): Uint8Array {
  const { x } = key.export({ format: 'jwk' });
  if (x === undefined) throw new CairnError('internal', 'node:crypto exported a public key without x');
  return new Uint8Array(Buffer.from(x, 'base64url'));
}

function writeDer(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(-SIZES.key));
}

/** The ways to import a secret, in the order in which they are tried: see {@link chooseEncodings} in choose.ts. */
export function privateEncodings(functions: KeyFunctions): readonly PrivateEncoding[] {
  return [
    {
      name: 'raw',
      read: (curve, secret) =>
        functions.createPrivateKey({ key: secret, format: 'raw-private', asymmetricKeyType: RAW_TYPE[curve] }),
    },
    {
      name: 'jwk',
      // A JWK needs a member `x`, but releases that accept an empty one derive the public key from `d`. The text of `d`
      // cannot be wiped: that is the cost, and one reason why a memory dump of a client is outside what Cairn protects.
      read: (crv, secret) =>
        functions.createPrivateKey({
          key: { kty: 'OKP', crv, d: view(secret).toString('base64url'), x: '' },
          format: 'jwk',
        }),
    },
    {
      name: 'der',
      read(curve, secret) {
        const key = joined(PKCS8_PREFIX[curve], secret);
        try {
          return functions.createPrivateKey({ key, format: 'der', type: 'pkcs8' });
        } finally {
          key.fill(0);
        }
      },
    },
  ];
}

/** The ways to import a public key, in the order in which they are tried. */
export function publicEncodings(functions: KeyFunctions): readonly PublicEncoding[] {
  const deriveJwk = (secret: KeyObject): Uint8Array => writeJwk(functions.createPublicKey(secret));
  return [
    {
      name: 'raw',
      read: (curve, key) =>
        functions.createPublicKey({ key, format: 'raw-public', asymmetricKeyType: RAW_TYPE[curve] }),
      derive: deriveJwk, // as fast as a raw export
    },
    {
      name: 'jwk',
      read: (crv, key) =>
        functions.createPublicKey({ key: { kty: 'OKP', crv, x: view(key).toString('base64url') }, format: 'jwk' }),
      derive: deriveJwk,
    },
    {
      name: 'der',
      read: (curve, key) =>
        functions.createPublicKey({ key: joined(SPKI_PREFIX[curve], key), format: 'der', type: 'spki' }),
      derive: (secret) => writeDer(functions.createPublicKey(secret)),
    },
  ];
}
