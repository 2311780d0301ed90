import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { agreementKeyFrom, generateAgreementKey, generateIdentity, identityFrom } from '../../protocol/crypto/keys.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { openShares, sealKey, sealShares } from '../../protocol/crypto/seal.ts';
import { SecretBytes } from '../../protocol/crypto/secret.ts';
import { unsafeSeededRandom } from '../../protocol/crypto/seeded.ts';
import { expectCode, implementations, pattern } from './helpers.ts';

describe('SecretBytes', () => {
  test('never shows its bytes', () => {
    const secret = new SecretBytes(pattern(32, 3));
    const shown = [
      String(secret),
      [secret].join(),
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
      Object.keys(secret).join(),
      JSON.stringify(Object.entries(secret)),
    ].join('\n');
    for (const trace of [
      toHex(pattern(32, 3)),
      [...pattern(32, 3)].slice(0, 4).join(','),
      [...pattern(32, 3)].slice(0, 4).join(', '),
    ]) {
      expect(shown).not.toContain(trace);
    }
    expect(shown).toContain('[secret]');
  });

  test('is zeroed, and fails closed after that', () => {
    const bytes = pattern(32, 3);
    const secret = new SecretBytes(bytes);
    expect(secret.expose()).toBe(bytes);
    expect(secret.forTestingIsZero()).toBe(false);
    secret.wipe();
    secret.wipe();
    expect(secret.wiped).toBe(true);
    expect(secret.forTestingIsZero()).toBe(true);
    expect(bytes).toEqual(new Uint8Array(32));
    expectCode('secret-wiped', () => secret.expose());
  });
});

describe('unsafeSeededRandom', () => {
  test('is one stream, however it is cut', () => {
    const whole = unsafeSeededRandom(pattern(32))(100);
    const cut = unsafeSeededRandom(pattern(32));
    expect(Uint8Array.from([1, 0, 2, 61, 3, 33].flatMap((length) => [...cut(length)]))).toEqual(whole);
    expect(unsafeSeededRandom(pattern(32, 1))(100)).not.toEqual(whole);
    expectCode('key-invalid', () => unsafeSeededRandom(pattern(16)));
  });
});

describe('systemRandom', () => {
  test('fills lengths beyond the quota of one call', () => {
    const bytes = systemRandom(200_001);
    expect(bytes).toHaveLength(200_001);
    for (const start of [0, 65_536, 131_072, 199_937])
      expect(bytes.subarray(start, start + 64).some((b) => b !== 0)).toBe(true);
  });
});

describe.each(implementations)('keys, $name', (primitives) => {
  test('pairs from randomness are the pairs of their secrets', () => {
    const agreement = generateAgreementKey(primitives, unsafeSeededRandom(pattern(32)));
    const identity = generateIdentity(primitives, unsafeSeededRandom(pattern(32)));
    const secret = unsafeSeededRandom(pattern(32))(32);
    expect(agreementKeyFrom(primitives, secret).publicKey).toEqual(agreement.publicKey);
    expect(identityFrom(primitives, secret).publicKey).toEqual(identity.publicKey);
    expect(agreement.secretKey.expose()).toEqual(secret);
    expect(agreement.publicKey).toEqual(primitives.x25519PublicKey(secret));
    expect(identity.publicKey).toEqual(primitives.ed25519PublicKey(secret));
  });

  test('a pair holds its own copy of the secret', () => {
    const secret = pattern(32, 4);
    const pairs = [agreementKeyFrom(primitives, secret), identityFrom(primitives, secret)];
    for (const pair of pairs) pair.secretKey.wipe();
    expect(secret).toEqual(pattern(32, 4));
    expectCode('key-invalid', () => agreementKeyFrom(primitives, pattern(31)));
    expectCode('key-invalid', () => identityFrom(primitives, pattern(33)));
  });
});

describe.each(implementations)('seals, $name', (primitives) => {
  const [shared, sessionId, plaintext] = [pattern(32, 1), pattern(32, 2), pattern(70, 3)];
  const key = (from: number, to: number, session = sessionId): SecretBytes =>
    sealKey(primitives, shared, session, from, to);
  const sealed = sealShares(primitives, { key: key(3, 9), sessionId, from: 3, to: 9, plaintext });

  test('open for the one they were made for', () => {
    expect(sealed).toHaveLength(86);
    expect(openShares(primitives, { key: key(3, 9), sessionId, from: 3, to: 9, sealed })).toEqual(plaintext);
  });

  test('no two ordered pairs or sessions share a key: the zero nonce rests on this', () => {
    const keys = [key(3, 9), key(9, 3), key(3, 8), key(4, 9), key(3, 9, pattern(32, 5))];
    expect(new Set(keys.map((one) => toHex(one.expose()))).size).toBe(keys.length);
  });

  test('are the same in both implementations', () => {
    const [a, b] = implementations.map((one) =>
      sealShares(one, { key: sealKey(one, shared, sessionId, 1, 2), sessionId, from: 1, to: 2, plaintext }),
    );
    expect(a).toEqual(b);
  });

  test('open for nobody else: reflected, misrouted, replayed, or under another key', () => {
    const other = pattern(32, 5);
    for (const context of [
      { key: key(9, 3), sessionId, from: 9, to: 3 },
      { key: key(3, 9), sessionId, from: 9, to: 3 },
      { key: key(3, 8), sessionId, from: 3, to: 8 },
      { key: key(3, 9), sessionId, from: 3, to: 8 },
      { key: key(4, 9), sessionId, from: 4, to: 9 },
      { key: key(3, 9, other), sessionId: other, from: 3, to: 9 },
      { key: key(3, 9), sessionId: other, from: 3, to: 9 },
      { key: key(3, 9, other), sessionId, from: 3, to: 9 },
    ]) {
      expect(openShares(primitives, { ...context, sealed })).toBeUndefined();
    }
    expect(
      openShares(primitives, { key: key(3, 9), sessionId, from: 3, to: 9, sealed: sealed.subarray(1) }),
    ).toBeUndefined();
  });

  test('a wiped key seals nothing', () => {
    const once = key(1, 2);
    once.wipe();
    expectCode('secret-wiped', () => sealShares(primitives, { key: once, sessionId, from: 1, to: 2, plaintext }));
  });
});
