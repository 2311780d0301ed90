import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { unsafeSeededRandom } from '../../protocol/crypto/seeded.ts';
import { LagrangeBasis, isCanonicalShare, shareSecret } from '../../protocol/crypto/shamir.ts';
import { ShareDecoder } from '../../protocol/crypto/share-decoder.ts';
import { expectCode, pattern } from './helpers.ts';

const all = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Runs a decoding to its end. */
function decode(decoder: ShareDecoder, shares: readonly Uint8Array[]): readonly number[] | undefined {
  const steps = decoder.falseShares(shares);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

interface Sharing {
  readonly domain: number;
  readonly slots: number[];
  readonly threshold: number;
  readonly secret: Uint8Array;
  readonly shares: Uint8Array[];
  readonly random: (length: number) => Uint8Array;
}

/** A sharing among some slots of a domain, all of it from one seed. */
function sharingOf(domain: number, m: number, threshold: number, seed: number): Sharing {
  const random = unsafeSeededRandom(Uint8Array.from({ length: 32 }, (_, i) => seed >>> (8 * (i % 4))));
  const slots = shuffled(all(domain), random)
    .slice(0, m)
    .sort((a, b) => a - b);
  const secret = random(32);
  return {
    domain,
    slots,
    threshold,
    secret,
    random,
    shares: shareSecret({ secret, threshold, domain, slots, random }),
  };
}

function shuffled(values: number[], random: (length: number) => Uint8Array): number[] {
  for (let i = values.length - 1; i > 0; i--) {
    const block = random(4);
    const j = (block[0]! + 256 * block[1]! + 65_536 * block[2]!) % (i + 1);
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}

/** A share of something else: uniform bytes with every element's top bit and the pad cleared. */
function otherShare(random: (length: number) => Uint8Array): Uint8Array {
  for (;;) {
    const share = random(34);
    share[33]! &= 0x3f;
    for (let limb = 0; limb < 10; limb++) share[(27 * limb + 26) >> 3]! &= ~(1 << ((27 * limb + 26) & 7));
    if (isCanonicalShare(share)) return share;
  }
}

/** How liars choose what they reveal. */
const lies: Record<string, (sharing: Sharing, liars: readonly number[]) => Uint8Array[]> = {
  'noise of their own': ({ shares, random }, liars) =>
    shares.map((share, i) => (liars.includes(i) ? otherShare(random) : share)),
  'one flipped bit': ({ shares }, liars) =>
    shares.map((share, i) =>
      liars.includes(i) ? Uint8Array.from(share, (byte, at) => (at === 0 ? byte ^ 1 : byte)) : share,
    ),
  'shares of another secret, made together': (sharing, liars) => {
    const secret = pattern(32, 99);
    const { threshold, domain, slots, random } = sharing;
    const others = shareSecret({ secret, threshold, domain, slots, random });
    return sharing.shares.map((share, i) => (liars.includes(i) ? others[i]! : share));
  },
  'the same constant': ({ shares }, liars) =>
    shares.map((share, i) => (liars.includes(i) ? new Uint8Array(34) : share)),
};

function expectFound(sharing: Sharing, received: readonly Uint8Array[], liars: readonly number[]): void {
  const { domain, slots, threshold, secret } = sharing;
  expect(decode(new ShareDecoder(domain, slots, threshold), received)).toEqual(liars);
  const right = all(slots.length)
    .filter((i) => !liars.includes(i))
    .slice(0, threshold);
  const basis = new LagrangeBasis(
    domain,
    right.map((i) => slots[i]!),
  );
  expect(basis.open(right.map((i) => received[i]!))).toEqual(secret);
}

const portion = fc.double({ min: 0, max: 1, noNaN: true });
const setting = fc
  .record({
    domain: fc.integer({ min: 1, max: 70 }),
    seed: fc.nat(2 ** 31),
    parts: fc.tuple(portion, portion, portion),
  })
  .map(({ domain, seed, parts }) => {
    const m = 1 + Math.floor(parts[0] * (domain - 1));
    const threshold = 1 + Math.floor(parts[1] * (m - 1));
    // Half of all cases are at the bound.
    const errors = Math.floor((Math.min(1, 2 * parts[2]) * (m - threshold)) / 2);
    return { domain, seed, m, threshold, errors };
  });

describe('the decoder of shares', () => {
  test.each(Object.keys(lies))('finds up to ⌊(m − t)/2⌋ false shares, whoever reveals them: %s', (kind) => {
    fc.assert(
      fc.property(setting, ({ domain, seed, m, threshold, errors }) => {
        const sharing = sharingOf(domain, m, threshold, seed);
        const liars = shuffled(all(m), sharing.random)
          .slice(0, errors)
          .sort((a, b) => a - b);
        const received = lies[kind]!(sharing, liars);
        expectFound(
          sharing,
          received,
          liars.filter((i) => received[i]!.some((byte, at) => byte !== sharing.shares[i]![at])),
        );
      }),
      { numRuns: 150 },
    );
  });

  test('finds up to ⌊10·(m − t)/11⌋ false shares whose errors are independent', () => {
    for (const [m, threshold] of [
      [8, 5],
      [40, 21],
      [101, 51],
      [200, 134],
    ]) {
      const sharing = sharingOf(256, m!, threshold!, m!);
      const liars = shuffled(all(m!), sharing.random)
        .slice(0, Math.floor((10 * (m! - threshold!)) / 11))
        .sort((a, b) => a - b);
      expectFound(sharing, lies['noise of their own']!(sharing, liars), liars);
    }
  });

  test('finds a share that is false in one limb alone', () => {
    for (let limb = 0; limb < 10; limb++) {
      const sharing = sharingOf(9, 9, 5, limb);
      const received = sharing.shares.map((share) => share.slice());
      received[4]![(27 * limb) >> 3]! ^= 1 << ((27 * limb) & 7);
      expectFound(sharing, received, [4]);
    }
  });

  test('never calls shares true that do not lie on one polynomial', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 31),
        fc.integer({ min: 2, max: 24 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, m, part) => {
          const threshold = 1 + Math.floor(part * (m - 1));
          const { domain, slots, random } = sharingOf(32, m, threshold, seed);
          const received = slots.map(() => otherShare(random));
          const found = decode(new ShareDecoder(domain, slots, threshold), received);
          if (found === undefined) return;
          const rest = all(m).filter((i) => !found.includes(i));
          // Every choice of t of the rest opens to the same, or to nothing.
          const opened = [rest.slice(0, threshold), rest.slice(-threshold)].map((chosen) => {
            try {
              return new LagrangeBasis(
                domain,
                chosen.map((i) => slots[i]!),
              )
                .open(chosen.map((i) => received[i]!))
                .join();
            } catch {
              return 'none';
            }
          });
          expect(rest.length).toBeGreaterThanOrEqual(threshold);
          expect(opened[0]).toBe(opened[1]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('serves many secrets of the same slots, and pauses on the way', () => {
    const decoder = new ShareDecoder(16, all(12), 7);
    for (let seed = 0; seed < 5; seed++) {
      const shares = shareSecret({
        secret: pattern(32, seed),
        threshold: 7,
        domain: 16,
        slots: all(12),
        random: systemRandom,
      });
      const false2 = shares.map((share, i) => (i === seed || i === 11 ? otherShare(systemRandom) : share));
      expect(decode(decoder, false2)).toEqual([seed, 11]);
      expect([...decoder.falseShares(shares)].length).toBeGreaterThanOrEqual(12);
    }
  });

  test('refuses settings that no sharing has, and malformed shares', () => {
    for (const [domain, slots, threshold] of [
      [4, [0, 1], 3],
      [4, [0, 1], 0],
      [4, [0, 1], 1.5],
      [4, [1, 1], 1],
      [4, [4], 1],
      [0, [0], 1],
    ] as const) {
      expectCode('settings-invalid', () => new ShareDecoder(domain, slots, threshold));
    }
    const { domain, slots, threshold, shares } = sharingOf(8, 6, 3, 1);
    shares[2] = new Uint8Array(34).fill(255);
    expectCode('wire-not-canonical', () => decode(new ShareDecoder(domain, slots, threshold), shares));
  });
});
