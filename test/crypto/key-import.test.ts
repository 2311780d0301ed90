import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { chooseEncodings } from '../../protocol/crypto/node/choose.ts';
import {
  type EncodingName,
  type KeyFunctions,
  privateEncodings,
  publicEncodings,
} from '../../protocol/crypto/node/key-encodings.ts';
import { keyImportOf, nodeKeyImport, nodePrimitivesBy } from '../../protocol/crypto/node/native.ts';
import { portablePrimitives as portable } from '../../protocol/crypto/portable.ts';
import { bytes, expectCode, hex, pattern } from './helpers.ts';

const NAMES: readonly EncodingName[] = ['raw', 'jwk', 'der'];
const real: KeyFunctions = { createPrivateKey, createPublicKey };

type PrivateInput = Parameters<KeyFunctions['createPrivateKey']>[0];
type PublicInput = Parameters<KeyFunctions['createPublicKey']>[0];

/** Which way a call takes; undefined for a public key that is derived from a private one. */
function wayOf(input: PrivateInput | PublicInput): EncodingName | undefined {
  const format = typeof input === 'object' && 'format' in input ? input.format : undefined;
  return format?.startsWith('raw-') === true ? 'raw' : NAMES.find((name) => name === format);
}

/** The raw ways, on releases that have none: what they would do, done by DER. */
function withRaw(): KeyFunctions {
  const der = { private: privateEncodings(real)[2]!, public: publicEncodings(real)[2]! };
  const curve = (type: string): 'X25519' | 'Ed25519' => (type === 'x25519' ? 'X25519' : 'Ed25519');
  return {
    createPrivateKey: (input) =>
      typeof input === 'object' && 'asymmetricKeyType' in input && 'key' in input && input.format === 'raw-private'
        ? der.private.read(curve(input.asymmetricKeyType), input.key)
        : createPrivateKey(input as Parameters<typeof createPrivateKey>[0]),
    createPublicKey: (input) =>
      typeof input === 'object' && 'asymmetricKeyType' in input && 'key' in input && input.format === 'raw-public'
        ? der.public.read(curve(input.asymmetricKeyType), input.key)
        : createPublicKey(input as Parameters<typeof createPublicKey>[0]),
  };
}

/** The private ways of every release at once, so that each test says what is missing. */
function withAllWays(): KeyFunctions {
  const functions = withRaw();
  const [, , der] = privateEncodings(real);
  return {
    ...functions,
    // As in releases that derive the public key of a JWK from its secret.
    createPrivateKey: (input) =>
      typeof input === 'object' && 'format' in input && input.format === 'jwk'
        ? der!.read(
            (input.key as { crv: 'X25519' | 'Ed25519' }).crv,
            new Uint8Array(Buffer.from((input.key as { d: string }).d, 'base64url')),
          )
        : functions.createPrivateKey(input),
  };
}

/** A release that knows only these ways, and refuses all others as Node does. */
function release(
  { privates = NAMES, publics = NAMES }: { privates?: readonly EncodingName[]; publics?: readonly EncodingName[] },
  functions: KeyFunctions = withAllWays(),
): KeyFunctions {
  const refuse = (): never => {
    throw Object.assign(new TypeError('The property is invalid'), { code: 'ERR_INVALID_ARG_VALUE' });
  };
  return {
    createPrivateKey(input) {
      const way = wayOf(input);
      return way !== undefined && privates.includes(way) ? functions.createPrivateKey(input) : refuse();
    },
    createPublicKey(input) {
      const way = wayOf(input);
      return way === undefined || publics.includes(way) ? functions.createPublicKey(input) : refuse();
    },
  };
}

const chosenOn = (functions: KeyFunctions): readonly [string, string] => {
  const { private: secrets, public: publics } = keyImportOf(chooseEncodings(functions));
  return [secrets, publics];
};

describe('the way keys are imported', () => {
  test.each([
    ['everything', {}, ['raw', 'raw']],
    ['everything but a JWK of a secret', { privates: ['raw', 'der'] }, ['raw', 'raw']],
    ['no raw keys', { privates: ['jwk', 'der'], publics: ['jwk', 'der'] }, ['jwk', 'jwk']],
    ['raw public keys alone', { privates: ['jwk', 'der'] }, ['jwk', 'raw']],
    ['raw secrets alone', { publics: ['jwk', 'der'] }, ['raw', 'jwk']],
    ['neither raw keys nor a JWK of a secret', { privates: ['der'], publics: ['jwk', 'der'] }, ['der', 'jwk']],
    ['DER alone', { privates: ['der'], publics: ['der'] }, ['der', 'der']],
    ['no secrets', { privates: [] }, ['portable', 'portable']],
    ['no public keys', { publics: [] }, ['portable', 'portable']],
  ] as const)('is the fastest that works, on a release that takes %s', (_what, ways, expected) => {
    expect(chosenOn(release(ways))).toEqual(expected);
  });

  /** All ways work, but this one gives a key of other bytes. */
  const wrong = (way: EncodingName, kind: 'private' | 'public', curve: 'X25519' | 'Ed25519'): KeyFunctions => {
    const functions = withAllWays();
    const type = curve.toLowerCase();
    const other = pattern(32, 9);
    const otherSecret = privateEncodings(real)[2]!.read(curve, other);
    const changed = (key: KeyObject, by: KeyObject): KeyObject => (key.asymmetricKeyType === type ? by : key);
    return {
      createPrivateKey(input) {
        const key = functions.createPrivateKey(input);
        return kind === 'private' && wayOf(input) === way ? changed(key, otherSecret) : key;
      },
      createPublicKey(input) {
        const key = functions.createPublicKey(input);
        return kind === 'public' && wayOf(input) === way ? changed(key, createPublicKey(otherSecret)) : key;
      },
    };
  };

  test.each(NAMES.flatMap((way) => (['X25519', 'Ed25519'] as const).map((curve) => [way, curve] as const)))(
    'is never one whose results are not those of the RFCs (%s, %s)',
    (way, curve) => {
      const rest = NAMES.filter((name) => name !== way);
      expect(chosenOn(wrong(way, 'private', curve))).toEqual([rest[0], 'raw']);
      expect(chosenOn(wrong(way, 'public', curve))).toEqual(['raw', rest[0]]);
      // With no other way, none is left; without the fault it is taken.
      const alone = { privates: [way], publics: [way] };
      expect(chosenOn(release(alone, wrong(way, 'private', curve)))).toEqual(['portable', 'portable']);
      expect(chosenOn(release(alone, wrong(way, 'public', curve)))).toEqual(['portable', 'portable']);
      expect(chosenOn(release(alone))).toEqual([way, way]);
    },
  );

  test.each(['X25519', 'Ed25519'] as const)('is none on a release that derives another public key (%s)', (curve) => {
    const functions = withAllWays();
    const other = createPublicKey(privateEncodings(real)[2]!.read(curve, pattern(32, 9)));
    // As one would that took the placeholder in a JWK of a secret for its public key.
    const derivesAnother: KeyFunctions = {
      ...functions,
      createPublicKey(input) {
        const key = functions.createPublicKey(input);
        return wayOf(input) === undefined && key.asymmetricKeyType === curve.toLowerCase() ? other : key;
      },
    };
    expect(chosenOn(derivesAnother)).toEqual(['portable', 'portable']);
  });

  it('is named as what this very release takes', () => {
    const works = (kind: 'privates' | 'publics') =>
      NAMES.filter((name) => chooseEncodings(release({ [kind]: [name] }, real)) !== undefined);
    expect(nodeKeyImport).toEqual({ private: works('privates')[0], public: works('publics')[0] });
  });
});

/** Every pair of ways that works here, as primitives. */
const pairs = NAMES.flatMap((secrets) =>
  NAMES.flatMap((publics) => {
    const found = chooseEncodings(release({ privates: [secrets], publics: [publics] }, real));
    return found === undefined ? [] : [{ secrets, publics, primitives: nodePrimitivesBy(found) }];
  }),
);

it('DER is taken by every release, and by this one', () => {
  expect(pairs.map(({ secrets, publics }) => `${secrets} ${publics}`)).toContain('der der');
});

describe.each([...pairs, { secrets: 'no', publics: 'no', primitives: nodePrimitivesBy(undefined) }])(
  '$secrets private keys, $publics public keys',
  ({ primitives }) => {
    const key = bytes(32);

    it('give what the portable code gives, byte for byte', () => {
      fc.assert(
        fc.property(key, key, fc.uint8Array({ maxLength: 100 }), fc.nat(511), (secret, peer, message, bit) => {
          const before = secret.slice();
          expect(primitives.x25519PublicKey(secret)).toEqual(portable.x25519PublicKey(secret));
          expect(primitives.x25519(secret).with(peer)).toEqual(portable.x25519(secret).with(peer));
          const publicKey = portable.ed25519PublicKey(secret);
          expect(primitives.ed25519PublicKey(secret)).toEqual(publicKey);
          const signature = portable.ed25519Sign(secret, message);
          expect(primitives.ed25519Sign(secret, message)).toEqual(signature);
          expect(primitives.ed25519Verify(publicKey, message, signature)).toBe(true);
          const altered = signature.slice();
          altered[bit >>> 3]! ^= 1 << (bit & 7);
          expect(primitives.ed25519Verify(publicKey, message, altered)).toBe(false);
          // Bytes that are no public key at all: the same verdict, and no error.
          expect(primitives.ed25519Verify(peer, message, signature)).toBe(false);
          expect(secret).toEqual(before);
        }),
        { numRuns: 25 },
      );
    });

    it('refuse keys of low order and of another length, and agree on nothing after a wipe', () => {
      const agreement = primitives.x25519(pattern(32, 5));
      for (const point of ['00'.repeat(32), `ec${'ff'.repeat(30)}7f`])
        expectCode('key-invalid', () => agreement.with(hex(point)));
      for (const length of [0, 31, 33]) {
        expectCode('key-invalid', () => primitives.x25519(pattern(length)));
        expectCode('key-invalid', () => agreement.with(pattern(length)));
        expectCode('key-invalid', () => primitives.ed25519Sign(pattern(length), pattern(3)));
      }
      agreement.wipe();
      expectCode('secret-wiped', () => agreement.with(portable.x25519PublicKey(pattern(32, 6))));
    });
  },
);

describe('copies of a secret', () => {
  const secret = pattern(32, 3);

  /** Keeps what a way hands to node:crypto: the buffer itself, and what it held then. */
  function watched(throws: boolean): {
    readonly functions: KeyFunctions;
    readonly given: { readonly key: Uint8Array; readonly was: Uint8Array }[];
  } {
    const given: { key: Uint8Array; was: Uint8Array }[] = [];
    const functions = withRaw();
    return {
      given,
      functions: {
        ...functions,
        createPrivateKey(input) {
          if (typeof input === 'object' && 'key' in input && input.key instanceof Uint8Array)
            given.push({ key: input.key, was: new Uint8Array(input.key) });
          if (throws) throw new Error('refused');
          return functions.createPrivateKey(input);
        },
      },
    };
  }

  it.each([false, true])('in DER are zero afterwards, also when the import throws (%s)', (throws) => {
    const { functions, given } = watched(throws);
    const { read } = privateEncodings(functions)[2]!;
    const run = (): unknown => read('X25519', secret);
    if (throws) expect(run).toThrow('refused');
    else run();
    const { key, was } = given[0]!;
    expect(was.slice(-32)).toEqual(secret); // the control: it was there
    expect(key.every((byte) => byte === 0)).toBe(true);
    expect(key.buffer.byteLength).toBe(key.length); // no view of a pool that others read
    expect(secret).toEqual(pattern(32, 3));
  });

  it('in raw form are not made: Node reads the caller’s own bytes', () => {
    const { functions, given } = watched(false);
    privateEncodings(functions)[0]!.read('Ed25519', secret);
    expect(given[0]!.key).toBe(secret);
    expect(secret).toEqual(pattern(32, 3));
  });
});
