import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives as native } from '../../protocol/crypto/node/native.ts';
import { portablePrimitives as portable } from '../../protocol/crypto/portable.ts';
import { bytes, expectCode, hex, implementations, pattern } from './helpers.ts';

const any = fc.uint8Array({ maxLength: 300 });
const key = bytes(32);
const few = { numRuns: 40 };

describe('portable and native agree on random inputs', () => {
  test('SHA-256', () => {
    fc.assert(
      fc.property(fc.array(any, { maxLength: 4 }), (parts) => {
        expect(portable.sha256(...parts)).toEqual(native.sha256(...parts));
      }),
    );
  });

  test('HKDF, for every count of blocks', () => {
    fc.assert(
      fc.property(any, any, any, fc.integer({ min: 0, max: 255 * 32 }), (inputKey, salt, info, length) => {
        expect(portable.hkdf(inputKey, salt, info, length)).toEqual(native.hkdf(inputKey, salt, info, length));
      }),
      few,
    );
    for (const length of [0, 1, 31, 32, 33, 64, 65, 255 * 32]) {
      const output = native.hkdf(pattern(9), pattern(100), pattern(3), length);
      expect(output).toHaveLength(length);
      expect(portable.hkdf(pattern(9), pattern(100), pattern(3), length)).toEqual(output);
    }
  });

  test('X25519: any 32 bytes are a secret and a public key', () => {
    fc.assert(
      fc.property(key, key, (secret, peer) => {
        expect(portable.x25519PublicKey(secret)).toEqual(native.x25519PublicKey(secret));
        expect(portable.x25519(secret).with(peer)).toEqual(native.x25519(secret).with(peer));
      }),
      few,
    );
  });

  test('X25519: one binding serves many peers', () => {
    const [a, b] = [portable.x25519(pattern(32, 1)), native.x25519(pattern(32, 1))];
    for (let n = 2; n < 12; n++) {
      const peer = portable.x25519PublicKey(pattern(32, n));
      expect(a.with(peer)).toEqual(b.with(peer));
    }
  });

  test('Ed25519: keys, signatures, and verdicts on altered ones', () => {
    fc.assert(
      fc.property(key, any, fc.nat(511), (seed, message, bit) => {
        const publicKey = portable.ed25519PublicKey(seed);
        expect(native.ed25519PublicKey(seed)).toEqual(publicKey);
        const signature = portable.ed25519Sign(seed, message);
        expect(native.ed25519Sign(seed, message)).toEqual(signature);
        const altered = signature.slice();
        altered[bit >>> 3]! ^= 1 << (bit & 7);
        for (const primitives of implementations) {
          expect(primitives.ed25519Verify(publicKey, message, signature)).toBe(true);
          expect(primitives.ed25519Verify(publicKey, message, altered)).toBe(false);
          expect(primitives.ed25519Verify(publicKey, concatBytes(message, Uint8Array.of(0)), signature)).toBe(false);
        }
      }),
      few,
    );
  });

  test('seals, and verdicts on altered ones', () => {
    fc.assert(
      fc.property(key, bytes(12), any, any, fc.nat(), (sealKey, nonce, data, plaintext, position) => {
        const sealed = portable.seal(sealKey, nonce, data, plaintext);
        expect(sealed).toHaveLength(plaintext.length + 16);
        expect(native.seal(sealKey, nonce, data, plaintext)).toEqual(sealed);
        const altered = sealed.slice();
        altered[position % altered.length]! ^= 0x40;
        for (const primitives of implementations) {
          expect(primitives.open(sealKey, nonce, data, sealed)).toEqual(plaintext);
          expect(primitives.open(sealKey, nonce, data, altered)).toBeUndefined();
          expect(primitives.open(sealKey, nonce, concatBytes(data, data, Uint8Array.of(1)), sealed)).toBeUndefined();
        }
      }),
      few,
    );
  });
});

/** Every encoding of an X25519 point whose product with a clamped scalar is zero. */
const lowOrderPoints = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(hex);

describe.each(implementations)('refusals, $name', (primitives) => {
  test('X25519 public keys of low order, with and without the ignored top bit', () => {
    const agreement = primitives.x25519(pattern(32, 5));
    for (const point of lowOrderPoints) {
      const withTopBit = point.slice();
      withTopBit[31]! |= 0x80;
      expectCode('key-invalid', () => agreement.with(point));
      expectCode('key-invalid', () => agreement.with(withTopBit));
    }
  });

  test('keys of another length', () => {
    for (const length of [0, 31, 33, 64]) {
      const wrong = pattern(length);
      expectCode('key-invalid', () => primitives.x25519(wrong));
      expectCode('key-invalid', () => primitives.x25519PublicKey(wrong));
      expectCode('key-invalid', () => primitives.x25519(pattern(32)).with(wrong));
      expectCode('key-invalid', () => primitives.ed25519PublicKey(wrong));
      expectCode('key-invalid', () => primitives.ed25519Sign(wrong, wrong));
      expectCode('key-invalid', () => primitives.seal(wrong, pattern(12), wrong, wrong));
      expectCode('key-invalid', () => primitives.seal(pattern(32), wrong, wrong, wrong));
      expectCode('key-invalid', () => primitives.open(wrong, pattern(12), wrong, wrong));
      expect(primitives.ed25519Verify(wrong, pattern(3), pattern(64))).toBe(false);
    }
  });

  test('an HKDF output that is too long', () => {
    expectCode('internal', () => primitives.hkdf(pattern(1), pattern(1), pattern(1), 255 * 32 + 1));
    expectCode('internal', () => primitives.hkdf(pattern(1), pattern(1), pattern(1), -1));
  });

  test('a seal shorter than its tag', () => {
    for (let length = 0; length < 16; length++) {
      expect(primitives.open(pattern(32), pattern(12), pattern(5), pattern(length))).toBeUndefined();
    }
  });

  test('a wiped agreement', () => {
    const secret = pattern(32, 7);
    const agreement = primitives.x25519(secret);
    agreement.wipe();
    agreement.wipe();
    expectCode('secret-wiped', () => agreement.with(primitives.x25519PublicKey(pattern(32, 8))));
    expect(secret).toEqual(pattern(32, 7)); // the caller's own bytes are the caller's to wipe
  });

  test('keeps no reference to a secret key it was given', () => {
    const secret = pattern(32, 7);
    const peer = primitives.x25519PublicKey(pattern(32, 8));
    const agreement = primitives.x25519(secret);
    const before = agreement.with(peer);
    secret.fill(1);
    expect(agreement.with(peer)).toEqual(before);
  });
});

describe('Ed25519 at its edges', () => {
  const { Point } = ed25519;
  const order = Point.Fn.ORDER;

  function numberOf(littleEndian: Uint8Array): bigint {
    return BigInt(`0x${Buffer.from(littleEndian).reverse().toString('hex')}`);
  }

  function bytesOf(n: bigint): Uint8Array {
    return new Uint8Array(Buffer.from(n.toString(16).padStart(64, '0'), 'hex').reverse());
  }

  function verdicts(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean[] {
    return implementations.map((primitives) => primitives.ed25519Verify(publicKey, message, signature));
  }

  /** All eight points of small order, from one of order 8. */
  const generator8 = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
  const torsion = Array.from({ length: 8 }, (_, i) => generator8.multiplyUnsafe(BigInt(i)));

  test('keys of small order are refused, though 0 = 0 holds for them', () => {
    const signature = concatBytes(Point.ZERO.toBytes(), new Uint8Array(32));
    expect(new Set(torsion.map((point) => point.toHex())).size).toBe(8);
    for (const point of torsion) {
      for (let n = 0; n < 8; n++) expect(verdicts(point.toBytes(), pattern(3, n), signature)).toEqual([false, false]);
    }
  });

  test('keys that are not canonical are refused', () => {
    const prime = 2n ** 255n - 19n;
    // y = p + k for the y below 19, with either sign bit; and x = 0 with its sign bit set.
    const encodings = Array.from({ length: 19 }, (_, k) => bytesOf(prime + BigInt(k)));
    for (const encoding of [...encodings, bytesOf(1n), bytesOf(prime - 1n)]) {
      const signed = encoding.slice();
      signed[31]! |= 0x80;
      const signature = concatBytes(Point.ZERO.toBytes(), new Uint8Array(32));
      expect(verdicts(encoding, pattern(1), signature)).toEqual([false, false]);
      expect(verdicts(signed, pattern(1), signature)).toEqual([false, false]);
    }
  });

  test('S + L is refused', () => {
    const seed = pattern(32, 3);
    const message = pattern(20);
    const signature = portable.ed25519Sign(seed, message);
    const malleable = concatBytes(signature.subarray(0, 32), bytesOf(numberOf(signature.subarray(32)) + order));
    expect(verdicts(portable.ed25519PublicKey(seed), message, malleable)).toEqual([false, false]);
  });

  test('points with a component of small order: both use the cofactorless equation', () => {
    const a = 123_456_789n;
    const accepted: boolean[] = [];
    for (let n = 0; n < 64; n++) {
      const publicKey = Point.BASE.multiply(a).add(generator8).toBytes();
      const r = BigInt(1000 + n);
      const commitment = Point.BASE.multiply(r).toBytes();
      const message = pattern(10, n);
      const k = numberOf(sha512(concatBytes(commitment, publicKey, message))) % order;
      const signature = concatBytes(commitment, bytesOf((r + k * a) % order));
      const [one, other] = verdicts(publicKey, message, signature);
      expect(one).toBe(other);
      expect(one).toBe(k % 8n === 0n);
      accepted.push(one!);
    }
    expect(accepted).toContain(true);
    expect(accepted).toContain(false);
  });

  test('agree on arbitrary keys and signatures', () => {
    fc.assert(
      fc.property(key, any, bytes(64), (publicKey, message, signature) => {
        expect(verdicts(publicKey, message, signature)).toEqual([false, false]);
      }),
      few,
    );
  });
});
