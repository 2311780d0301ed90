import { chacha12, chacha20 } from '@noble/ciphers/chacha.js';
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../protocol/crypto/bytes.ts';
import { ChaChaStream, chachaBlock, chachaKeyWords } from '../../protocol/crypto/chacha.ts';
import { hex, implementations, pattern } from './helpers.ts';

describe.each(implementations)('published vectors, $name', (primitives) => {
  test('FIPS 180-4: SHA-256 of "abc", of nothing, and of the same bytes in parts', () => {
    expect(toHex(primitives.sha256(utf8('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(toHex(primitives.sha256())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(primitives.sha256(utf8('a'), utf8(''), utf8('bc'))).toEqual(primitives.sha256(utf8('abc')));
  });

  test.each([
    [
      'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
      'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    ],
    [
      '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
      'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
      '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
    ],
  ])('RFC 7748 §5.2: X25519 of scalar %s', (scalar, point, result) => {
    expect(toHex(primitives.x25519(hex(scalar)).with(hex(point)))).toBe(result);
  });

  test('RFC 7748 §5.2: X25519 iterated 1 and 1000 times', () => {
    let k = hex('0900000000000000000000000000000000000000000000000000000000000000');
    let u = k;
    for (let i = 1; i <= 1000; i++) {
      const next = primitives.x25519(k).with(u);
      u = k;
      k = next;
      if (i === 1) expect(toHex(k)).toBe('422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079');
    }
    expect(toHex(k)).toBe('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51');
  });

  test('RFC 7748 §6.1: Diffie-Hellman', () => {
    const alice = hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
    const bob = hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
    const alicePublic = primitives.x25519PublicKey(alice);
    const bobPublic = primitives.x25519PublicKey(bob);
    expect(toHex(alicePublic)).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    expect(toHex(bobPublic)).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
    const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
    expect(toHex(primitives.x25519(alice).with(bobPublic))).toBe(shared);
    expect(toHex(primitives.x25519(bob).with(alicePublic))).toBe(shared);
  });

  test.each([
    {
      name: 'TEST 1',
      seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      message: '',
      signature: `e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
        5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b`,
    },
    {
      name: 'TEST 2',
      seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      message: '72',
      signature: `92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
        085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00`,
    },
    {
      name: 'TEST 3',
      seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      message: 'af82',
      signature: `6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac
        18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a`,
    },
  ])('RFC 8032 §7.1: Ed25519 $name', ({ seed, publicKey, message, signature }) => {
    expect(primitives.ed25519PublicKey(hex(seed))).toEqual(hex(publicKey));
    expect(primitives.ed25519Sign(hex(seed), hex(message))).toEqual(hex(signature));
    expect(primitives.ed25519Verify(hex(publicKey), hex(message), hex(signature))).toBe(true);
    expect(primitives.ed25519Verify(hex(publicKey), hex(`${message}00`), hex(signature))).toBe(false);
  });

  const range = (from: number, to: number): Uint8Array => Uint8Array.from({ length: to - from }, (_, i) => from + i);
  test.each([
    {
      name: 'A.1',
      inputKey: new Uint8Array(22).fill(0x0b),
      salt: range(0, 13),
      info: range(0xf0, 0xfa),
      output: `3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865`,
    },
    {
      name: 'A.2',
      inputKey: range(0, 0x50),
      salt: range(0x60, 0xb0),
      info: range(0xb0, 0x100),
      output: `b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09
        da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87`,
    },
    {
      name: 'A.3',
      inputKey: new Uint8Array(22).fill(0x0b),
      salt: new Uint8Array(0),
      info: new Uint8Array(0),
      output: `8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8`,
    },
  ])('RFC 5869 $name: HKDF-SHA-256', ({ inputKey, salt, info, output }) => {
    const expected = hex(output);
    expect(primitives.hkdf(inputKey, salt, info, expected.length)).toEqual(expected);
  });

  test('RFC 8439 §2.8.2: ChaCha20-Poly1305', () => {
    const key = range(0x80, 0xa0);
    const nonce = hex('070000004041424344454647');
    const associatedData = hex('50515253c0c1c2c3c4c5c6c7');
    const plaintext = utf8(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const sealed = hex(`d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b
      1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
      3ff4def08e4b7a9de576d26586cec64b6116 1ae10b594f09e26a7e902ecbd0600691`);
    expect(primitives.seal(key, nonce, associatedData, plaintext)).toEqual(sealed);
    expect(primitives.open(key, nonce, associatedData, sealed)).toEqual(plaintext);
  });
});

/** The keystream block as bytes. */
function block(key: Uint8Array, counter: number, rounds: 12 | 20): Uint8Array {
  const words = new Uint32Array(18);
  chachaBlock(chachaKeyWords(key), counter, rounds, words, 1);
  expect([words[0], words[17]]).toEqual([0, 0]); // nothing written outside the block
  return new Uint8Array(words.buffer, 4, 64);
}

describe('ChaCha', () => {
  const lastOne = new Uint8Array(32);
  lastOne[31] = 1;

  // Our streams have a zero nonce, so of the RFC's vectors (§2.3.2 has another) those of A.1 with a zero nonce apply.
  test.each([
    {
      key: new Uint8Array(32),
      counter: 0,
      keystream: `76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7
        da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586`,
    },
    {
      key: new Uint8Array(32),
      counter: 1,
      keystream: `9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed
        29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f`,
    },
    {
      key: lastOne,
      counter: 1,
      keystream: `3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a
        8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0`,
    },
  ])('RFC 8439 A.1: ChaCha20 block, counter $counter', ({ key, counter, keystream }) => {
    expect(block(key, counter, 20)).toEqual(hex(keystream));
  });

  test.each([
    [12, chacha12],
    [20, chacha20],
  ] as const)('%i rounds: equal to noble, up to the last counter', (rounds, noble) => {
    const key = pattern(32, rounds);
    const nonce = new Uint8Array(12);
    const words = new ChaChaStream(key, rounds).words(1000);
    expect(new Uint8Array(words.buffer)).toEqual(noble(key, nonce, new Uint8Array(4000)));
    for (const counter of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2]) {
      expect(block(key, counter, rounds)).toEqual(noble(key, nonce, new Uint8Array(64), undefined, counter));
    }
  });
});
