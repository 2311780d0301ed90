import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inverses, mul, pow, reduce, rootOfUnity, sub } from '../../protocol/crypto/field.ts';
import { ntt } from '../../protocol/crypto/ntt.ts';
import type { RandomSource } from '../../protocol/crypto/random.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { unsafeSeededRandom } from '../../protocol/crypto/seeded.ts';
import { LagrangeBasis, decodeShare, isCanonicalShare, shareSecret } from '../../protocol/crypto/shamir.ts';
import { FIELD } from '../../protocol/crypto/suite.ts';
import { bytes, expectCode, pattern } from './helpers.ts';

const P = FIELD.prime;
const all = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const element = fc.integer({ min: 0, max: P - 1 });

/** The share with these field elements, written bit by bit: an encoder that shares no code with the library. */
function encode(elements: readonly number[], pad = 0n): Uint8Array {
  let bits = pad << 270n;
  elements.forEach((value, limb) => (bits |= BigInt(value) << BigInt(27 * limb)));
  return Uint8Array.from({ length: 34 }, (_, i) => Number((bits >> BigInt(8 * i)) & 0xffn));
}

function limbsOf(secret: Uint8Array): number[] {
  let bits = 0n;
  for (let i = 31; i >= 0; i--) bits = (bits << 8n) | BigInt(secret[i]!);
  return Array.from({ length: 10 }, (_, limb) => Number((bits >> BigInt(26 * limb)) & (2n ** 26n - 1n)));
}

/** A source that gives these 32-bit words in order, then zeros. */
function words(values: readonly number[]): RandomSource {
  let next = 0;
  return (length) => {
    const block = new DataView(new ArrayBuffer(length));
    for (let i = 0; i < length; i += 4) block.setUint32(i, values[next++] ?? 0, true);
    return new Uint8Array(block.buffer);
  };
}

describe('field', () => {
  test('the constants: p = 33·2^21 + 1, and 5 generates', () => {
    expect(P).toBe(33 * 2 ** FIELD.twoAdicity + 1);
    for (const factor of [2, 3, 11]) expect(pow(FIELD.generator, (P - 1) / factor)).not.toBe(1);
    expect(pow(FIELD.generator, P - 1)).toBe(1);
  });

  test('products and reductions are exact', () => {
    fc.assert(
      fc.property(element, element, (a, b) => {
        expect(BigInt(mul(a, b))).toBe((BigInt(a) * BigInt(b)) % BigInt(P));
        expect(sub(a, b)).toBe((a - b + P) % P);
      }),
      { numRuns: 5000 },
    );
    expect(reduce(2 ** 53 - 1)).toBe(Number((2n ** 53n - 1n) % BigInt(P)));
  });

  test('the reduction is exact for every input below 2^53', () => {
    // x ↦ floor(x · (1/p)) never falls as x grows, so it is right everywhere if it is right at each multiple of p and
    // just below it: 130 million quotients.
    let wrong = 0;
    for (let q = 1; q * P < 2 ** 53; q++) {
      if (reduce(q * P) !== 0 || reduce(q * P - 1) !== P - 1) wrong++;
    }
    expect(wrong).toBe(0);
  });

  test('inverses', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: P - 1 }), { maxLength: 20 }), (elements) => {
        inverses(Float64Array.from(elements)).forEach((inverse, i) => expect(mul(inverse, elements[i]!)).toBe(1));
      }),
    );
  });

  test('roots of unity have exactly their order', () => {
    for (let k = 1; k <= 21; k++) {
      expect(pow(rootOfUnity(2 ** k), 2 ** (k - 1))).toBe(P - 1);
    }
    for (const order of [0, 3, 2 ** 22, 0.5]) expectCode('settings-invalid', () => rootOfUnity(order));
  });
});

describe('NTT', () => {
  test.each([1, 2, 4, 8, 64, 256])('of size %i is evaluation at the powers of the root', (size) => {
    const random = unsafeSeededRandom(pattern(32, size));
    const coefficients = Float64Array.from(all(size), () => new DataView(random(4).buffer).getUint32(0) % P);
    const values = coefficients.slice();
    ntt(values);
    const root = rootOfUnity(size);
    for (let s = 0; s < size; s++) {
      const point = BigInt(pow(root, s));
      let expected = 0n;
      for (let j = size - 1; j >= 0; j--) expected = (expected * point + BigInt(coefficients[j]!)) % BigInt(P);
      expect(BigInt(values[s]!)).toBe(expected);
    }
  });
});

describe('sharing', () => {
  test('any t of n open the secret, in any order', () => {
    const setting = fc.integer({ min: 1, max: 40 }).chain((domain) =>
      fc.record({
        domain: fc.constant(domain),
        secret: bytes(32),
        slots: fc.shuffledSubarray(all(domain), { minLength: 1 }),
        pick: fc.nat(),
        seed: bytes(32),
      }),
    );
    fc.assert(
      fc.property(setting, ({ domain, secret, slots, pick, seed }) => {
        const threshold = 1 + (pick % slots.length);
        const random = unsafeSeededRandom(seed);
        const shares = shareSecret({ secret, threshold, domain, slots, random });
        expect(shares.every(isCanonicalShare)).toBe(true);
        const order = slots
          .map((slot, i) => ({ slot, share: shares[i]! }))
          .sort((a, b) => ((a.slot * 7 + pick) % 11) - ((b.slot * 7 + pick) % 11));
        const chosen = order.slice(0, threshold);
        const basis = new LagrangeBasis(
          domain,
          chosen.map(({ slot }) => slot),
        );
        expect(basis.open(chosen.map(({ share }) => share))).toEqual(secret);
      }),
      { numRuns: 300 },
    );
  });

  test('n = 1000, t = 667; one basis opens many secrets', () => {
    const slots = all(1000);
    const chosen = slots.slice(333);
    const basis = new LagrangeBasis(1000, chosen);
    for (let n = 0; n < 3; n++) {
      const secret = systemRandom(32);
      const shares = shareSecret({ secret, threshold: 667, domain: 1000, slots, random: systemRandom });
      expect(basis.open(chosen.map((slot) => shares[slot]!))).toEqual(secret);
    }
  });

  test('the extreme secrets', () => {
    for (const fill of [0, 255]) {
      const secret = new Uint8Array(32).fill(fill);
      const shares = shareSecret({ secret, threshold: 2, domain: 3, slots: [0, 1, 2], random: systemRandom });
      expect(new LagrangeBasis(3, [2, 0]).open([shares[2]!, shares[0]!])).toEqual(secret);
    }
  });

  test('a share is f(ω^slot) in the documented layout, by transform and point by point alike', () => {
    const secret = pattern(32, 77);
    for (const [threshold, slots] of [
      [5, all(100)], // the transform is cheaper
      [5, [99, 3, 41, 0, 64]], // single points are cheaper
      [40, all(100)],
    ] as const) {
      const drawn = systemRandom(4 * 10 * threshold).map((byte, i) => (i % 4 === 3 ? byte & 3 : byte)); // below p
      const view = new DataView(drawn.buffer);
      const shares = shareSecret({ secret, threshold, domain: 100, slots, random: () => drawn.slice() });
      const root = rootOfUnity(128);
      slots.forEach((slot, i) => {
        const point = BigInt(pow(root, slot));
        const expected = limbsOf(secret).map((limb, l) => {
          let value = 0n;
          for (let j = threshold - 1; j > 0; j--) {
            value = ((value + BigInt(view.getUint32(4 * (l * threshold + j), true))) * point) % BigInt(P);
          }
          return Number((value + BigInt(limb)) % BigInt(P));
        });
        expect(shares[i]).toEqual(encode(expected));
        expect([...decodeShare(shares[i]!)]).toEqual(expected);
      });
    }
  });

  test('t − 1 shares fit every other secret: for each there is exactly one choice of coefficients', () => {
    const slot = 5;
    const [one, other] = [pattern(32, 1), pattern(32, 200)];
    const [share] = shareSecret({ secret: one, threshold: 2, domain: 8, slots: [slot, 6], random: systemRandom });
    const inversePoint = inverses(Float64Array.of(pow(rootOfUnity(8), slot)))[0]!;
    const coefficients = [...decodeShare(share!)].map((value, l) => mul(sub(value, limbsOf(other)[l]!), inversePoint));
    const random = words(coefficients.flatMap((coefficient) => [0, coefficient]));
    const [same] = shareSecret({ secret: other, threshold: 2, domain: 8, slots: [slot, 6], random });
    expect(same).toEqual(share);
  });

  test('t − 1 shares are uniform whatever the secret', () => {
    for (const secret of [new Uint8Array(32), new Uint8Array(32).fill(255)]) {
      const random = unsafeSeededRandom(pattern(32, 11));
      const buckets = new Float64Array(64);
      const rounds = 2000;
      for (let n = 0; n < rounds; n++) {
        const [a, b] = shareSecret({ secret, threshold: 3, domain: 4, slots: [1, 2, 3], random });
        const [x, y] = [decodeShare(a!), decodeShare(b!)];
        for (let l = 0; l < 10; l++) buckets[Math.floor((8 * x[l]!) / P) * 8 + Math.floor((8 * y[l]!) / P)]!++;
      }
      const expected = (rounds * 10) / 64;
      const chiSquare = buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      expect(chiSquare).toBeLessThan(120); // 63 degrees of freedom: once in 10^5 by chance, and the seed is fixed
    }
  });

  test('coefficients are sampled by rejection', () => {
    const limit = 62 * P;
    const secret = pattern(32);
    const settings = { secret, threshold: 1, domain: 2, slots: [0] };
    const constant = shareSecret({ ...settings, random: systemRandom })[0];
    // Threshold 2 draws twenty words. Those at or above 62p are drawn again; 62p − 1 counts, as p − 1.
    const drawn: number[] = [];
    const rejecting: RandomSource = (length) => {
      drawn.push(length);
      return words(all(length / 4).map(() => (drawn.length === 1 ? limit : drawn.length === 2 ? 2 ** 32 - 1 : P)))(
        length,
      );
    };
    const shares = shareSecret({ ...settings, threshold: 2, slots: [0, 1], random: rejecting });
    expect(drawn).toEqual([80, 80, 80]);
    expect(shares).toEqual([constant, constant]); // every coefficient is p mod p = 0
    const edge = shareSecret({ ...settings, threshold: 2, slots: [0, 1], random: words(all(20).map(() => limit - 1)) });
    expect([...decodeShare(edge[0]!)]).toEqual(limbsOf(secret).map((limb) => (limb + P - 1) % P));
  });

  test('the random bytes are wiped, the secret is left to its owner', () => {
    const blocks: Uint8Array[] = [];
    const secret = pattern(32);
    const random: RandomSource = (length) => {
      blocks.push(systemRandom(length));
      return blocks[blocks.length - 1]!;
    };
    shareSecret({ secret, threshold: 3, domain: 5, slots: all(5), random });
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks.every((block) => block.every((byte) => byte === 0))).toBe(true);
    expect(secret).toEqual(pattern(32));
  });
});

describe('refusals', () => {
  const secret = pattern(32);
  const base = { secret, threshold: 2, domain: 4, slots: [0, 1, 2], random: systemRandom };

  test('settings', () => {
    for (const change of [
      { threshold: 0 },
      { threshold: 4 },
      { threshold: 1.5 },
      { domain: 0 },
      { domain: 2 },
      { domain: 2 ** 21 + 1 },
      { slots: [0, 0, 1] },
      { slots: [0, 1, 4] },
      { slots: [0, 1, -1] },
      { slots: [] },
    ]) {
      expectCode('settings-invalid', () => shareSecret({ ...base, ...change }));
    }
    expectCode('key-invalid', () => shareSecret({ ...base, secret: pattern(31) }));
    for (const [domain, slots] of [
      [4, []],
      [4, [1, 1]],
      [4, [4]],
      [0, [0]],
      [2 ** 21 + 1, [0]],
    ] as const) {
      expectCode('settings-invalid', () => new LagrangeBasis(domain, slots));
    }
    const shares = shareSecret(base);
    expectCode('settings-invalid', () => new LagrangeBasis(4, [0, 1]).open(shares));
  });

  test('the greatest domain works', () => {
    const slots = [0, 2 ** 21 - 1, 12345];
    const shares = shareSecret({ ...base, domain: 2 ** 21, slots });
    expect(new LagrangeBasis(2 ** 21, [2 ** 21 - 1, 12345]).open(shares.slice(1))).toEqual(secret);
  });

  test('malformed shares', () => {
    const good = shareSecret(base);
    const basis = new LagrangeBasis(4, [0, 1]);
    const malformed = [
      new Uint8Array(0),
      pattern(33),
      new Uint8Array(35),
      encode(all(10), 1n),
      encode(all(10), 2n),
      ...all(10).map((limb) => encode(all(10).map((l) => (l === limb ? P : l)))),
      new Uint8Array(34).fill(255),
    ];
    for (const share of malformed) {
      expect(isCanonicalShare(share)).toBe(false);
      expectCode('wire-not-canonical', () => decodeShare(share));
      expectCode('wire-not-canonical', () => basis.open([good[0]!, share]));
    }
    expect(isCanonicalShare(encode(all(10).map(() => P - 1)))).toBe(true);
  });

  test('shares that open to no secret', () => {
    const basis = new LagrangeBasis(4, [3]);
    const out = (limb: number, value: number): Uint8Array => encode(all(10).map((l) => (l === limb ? value : 0)));
    for (let limb = 0; limb < 10; limb++) {
      const limit = limb === 9 ? 2 ** 22 : 2 ** 26;
      expectCode('secret-mismatch', () => basis.open([out(limb, limit)]));
      expect(limbsOf(basis.open([out(limb, limit - 1)]))[limb]).toBe(limit - 1);
    }
  });

  test('a wrong share or a wrong slot never opens to the secret', () => {
    const shares = shareSecret(base);
    const opened = (slots: number[], used: Uint8Array[]): Uint8Array | undefined => {
      try {
        return new LagrangeBasis(4, slots).open(used);
      } catch {
        return undefined;
      }
    };
    expect(opened([0, 1], [shares[0]!, shares[1]!])).toEqual(secret);
    expect(opened([0, 1], [shares[1]!, shares[0]!])).not.toEqual(secret);
    expect(opened([0, 2], [shares[0]!, shares[1]!])).not.toEqual(secret);
    expect(opened([0], [shares[0]!])).not.toEqual(secret);
  });
});
