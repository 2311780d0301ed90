import { describe, expect, it } from 'vitest';
import { slicedAgreer } from '../../client/driver/agreement.ts';
import { agreeAll, type Agreer, type WantedAgreements } from '../../protocol/crypto/agreer.ts';
import { toHex, u32le } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import { SecretBytes } from '../../protocol/crypto/secret.ts';
import { webCryptoAgreer } from '../../protocol/crypto/webcrypto.ts';
import { hex, pattern } from './helpers.ts';

const never = new AbortController().signal;
const webCrypto = (await webCryptoAgreer(globalThis.crypto.subtle))!;
const agreers: readonly Agreer[] = [webCrypto, slicedAgreer(portablePrimitives), slicedAgreer(nodePrimitives)];

const wanting = (secretKey: Uint8Array, peers: readonly Uint8Array[]): WantedAgreements => ({
  secretKey: new SecretBytes(secretKey.slice()),
  peers,
});
const textsOf = (agreed: readonly SecretBytes[]): string[] => agreed.map((secret) => toHex(secret.expose()));
/** Distinct points of the curve or of its twist: X25519 takes both. */
const publicKeys = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => nodePrimitives.sha256(u32le(i)));

/** Keeps every secret and buffer that a WebCrypto of its own gives away. */
function watched(change: (bits: ArrayBuffer, nth: number) => ArrayBuffer | Promise<ArrayBuffer>): {
  readonly subtle: SubtleCrypto;
  readonly given: Uint8Array[];
  readonly imported: { readonly format: string; readonly extractable: boolean; readonly bytes: Uint8Array }[];
} {
  const given: Uint8Array[] = [];
  const imported: { format: string; extractable: boolean; bytes: Uint8Array }[] = [];
  const { subtle } = globalThis.crypto;
  const changed = {
    importKey: (
      format: 'raw',
      bytes: Uint8Array<ArrayBuffer>,
      name: string,
      extractable: boolean,
      uses: KeyUsage[],
    ) => {
      imported.push({ format, extractable, bytes });
      return subtle.importKey(format, bytes, name, extractable, uses);
    },
    deriveBits: async (...args: Parameters<SubtleCrypto['deriveBits']>) => {
      const bits = await subtle.deriveBits(...args);
      const nth = given.push(new Uint8Array(bits));
      return change(bits, nth);
    },
  };
  return { subtle: changed as unknown as SubtleCrypto, given, imported };
}

describe.each(agreers)('key agreement by $name', (agreer) => {
  it.each([
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
    [
      '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
      'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
      '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
    ],
  ])('RFC 7748 §5.2 and §6.1: scalar %s', async (scalar, point, shared) => {
    expect(textsOf(await agreer.agree(wanting(hex(scalar), [hex(point)]), never))).toEqual([shared]);
  });

  it('gives what the primitives give, in the order of the peers, over more than one batch', async () => {
    const wanted = wanting(pattern(32), publicKeys(300));
    const expected = textsOf(agreeAll(nodePrimitives, wanted));
    expect(new Set(expected).size).toBe(300);
    expect(textsOf(await agreer.agree(wanted, never))).toEqual(expected);
    expect(textsOf(agreeAll(portablePrimitives, wanting(pattern(32), wanted.peers.slice(0, 9))))).toEqual(
      expected.slice(0, 9),
    );
  });

  it('reads an encoding that no roster may hold as the primitives do', async () => {
    const aboveThePrime = hex('f8ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
    const topBit = publicKeys(1)[0]!.slice();
    topBit[31]! |= 0x80;
    const wanted = wanting(pattern(32), [aboveThePrime, topBit]);
    expect(textsOf(await agreer.agree(wanted, never))).toEqual(textsOf(agreeAll(portablePrimitives, wanted)));
  });

  it.each([
    ['0', '0000000000000000000000000000000000000000000000000000000000000000'],
    ['1', '0100000000000000000000000000000000000000000000000000000000000000'],
    ['−1', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
    ['order 8', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'],
  ])('refuses the point of low order %s (%s), also behind sound keys', async (_, point) => {
    const wanted = wanting(pattern(32), [...publicKeys(3), hex(point)]);
    await expect(agreer.agree(wanted, never)).rejects.toMatchObject({ code: 'key-invalid' });
    expect(() => agreeAll(nodePrimitives, wanted)).toThrow(expect.objectContaining({ code: 'key-invalid' }) as Error);
  });

  it('refuses a public key of another length, and a secret key that was wiped', async () => {
    const short = wanting(pattern(32), [new Uint8Array(31).fill(9)]);
    await expect(agreer.agree(short, never)).rejects.toMatchObject({ code: 'key-invalid' });
    const wiped = wanting(pattern(32), publicKeys(1));
    wiped.secretKey.wipe();
    await expect(agreer.agree(wiped, never)).rejects.toMatchObject({ code: 'secret-wiped' });
  });

  it('goes on with its own copy of a secret key that is wiped meanwhile, and stops where nobody wants the result', async () => {
    const wanted = wanting(pattern(32), publicKeys(200));
    const expected = textsOf(agreeAll(nodePrimitives, wanted));
    const running = agreer.agree(wanted, never);
    wanted.secretKey.wipe();
    expect(textsOf(await running)).toEqual(expected);

    const over = new AbortController();
    const stopped = agreer.agree(wanting(pattern(32), publicKeys(2000)), over.signal);
    over.abort(new Error('over'));
    await expect(stopped).rejects.toThrow('over');
  });
});

describe('WebCrypto', () => {
  it('is given the secret key as one that no script can read back, and in memory that is zero afterwards', async () => {
    const { subtle, imported } = watched((bits) => bits);
    const agreer = (await webCryptoAgreer(subtle))!;
    imported.length = 0;
    await agreer.agree(wanting(pattern(32), publicKeys(2)), never);
    const [own, ...peers] = imported;
    expect(own).toMatchObject({ format: 'pkcs8', extractable: false });
    expect(own!.bytes).toEqual(new Uint8Array(48));
    expect(peers.map(({ format }) => format)).toEqual(['raw', 'raw']);
  });

  it('leaves no shared secret where one of many is refused, or where nobody wants them any more', async () => {
    const over = new AbortController();
    const { subtle, given } = watched((bits, nth) => {
      if (nth === 100) over.abort();
      return bits;
    });
    const agreer = (await webCryptoAgreer(subtle))!;
    const refused = agreer.agree(wanting(pattern(32), [new Uint8Array(32), ...publicKeys(20)]), never);
    await expect(refused).rejects.toMatchObject({ code: 'key-invalid' });
    await expect(agreer.agree(wanting(pattern(32), publicKeys(300)), over.signal)).rejects.toThrow();
    expect(given.length).toBeGreaterThan(100);
    // The known answer is public.
    expect(given.slice(1).filter((bytes) => bytes.some((byte) => byte !== 0))).toEqual([]);
  });

  it('is refused an all-zero result where a platform lets it through', async () => {
    const { subtle } = watched((bits, nth) => (nth === 1 ? bits : new ArrayBuffer(32)));
    const agreer = (await webCryptoAgreer(subtle))!;
    await expect(agreer.agree(wanting(pattern(32), publicKeys(1)), never)).rejects.toMatchObject({
      code: 'key-invalid',
    });
  });

  it.each<[string, SubtleCrypto | undefined]>([
    ['a page has none', undefined],
    ['it knows no X25519', watched(() => Promise.reject(new DOMException('none', 'NotSupportedError'))).subtle],
    ['its answer is wrong', watched(() => new ArrayBuffer(32)).subtle],
    ['its answer is another one', watched((bits) => new Uint8Array(bits).fill(7).buffer).subtle],
  ])('is left alone where %s', async (_, subtle) => {
    expect(await webCryptoAgreer(subtle)).toBeUndefined();
  });
});
