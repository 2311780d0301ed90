import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Dealing, decideDealing, decideDealingAtOnce } from '../../protocol/crypto/dealing.ts';
import { equalBytes } from '../../protocol/crypto/bytes.ts';
import type { RandomSource } from '../../protocol/crypto/random.ts';
import { unsafeSeededRandom } from '../../protocol/crypto/seeded.ts';
import { decodeShare, isCanonicalShare, shareSecret } from '../../protocol/crypto/shamir.ts';
import { pointsOf } from '../../protocol/crypto/shamir-points.ts';
import { joinSecret } from '../../protocol/crypto/share-code.ts';
import { SEARCH_LIMITS, searchSize } from '../../protocol/crypto/share-search.ts';
import { FIELD } from '../../protocol/crypto/suite.ts';
import { expectCode } from './helpers.ts';

const P = BigInt(FIELD.prime);

const randomOf = (seed: number): RandomSource =>
  unsafeSeededRandom(Uint8Array.from({ length: 32 }, (_, i) => seed >>> (8 * (i % 4))));

const below = (random: RandomSource, bound: number): number => {
  const block = random(4);
  return (block[0]! + 256 * block[1]! + 65_536 * block[2]!) % bound;
};

function shuffled<T>(values: readonly T[], random: RandomSource): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = below(random, i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

const all = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function noise(random: RandomSource): Uint8Array {
  for (;;) {
    const share = random(34);
    share[33]! &= 0x3f;
    for (let limb = 0; limb < 10; limb++) share[(27 * limb + 26) >> 3]! &= ~(1 << ((27 * limb + 26) & 7));
    if (isCanonicalShare(share)) return share;
  }
}

interface Scene {
  readonly domain: number;
  readonly slots: readonly number[];
  readonly threshold: number;
  readonly corrupt: number;
  readonly secret: Uint8Array;
  readonly shares: readonly Uint8Array[];
  readonly random: RandomSource;
}

function sceneOf(seed: number, m: number, threshold: number, corrupt: number): Scene {
  const random = randomOf(seed);
  const domain = m + below(random, 4);
  const slots = shuffled(all(domain), random)
    .slice(0, m)
    .sort((a, b) => a - b);
  const secret = random(32);
  const shares = shareSecret({ secret, threshold, domain, slots, random });
  return { domain, slots, threshold, corrupt, secret, shares, random };
}

const dealing = (scene: Scene, shares: readonly Uint8Array[]): Dealing => ({
  ...scene,
  shares,
  isRight: (secret) => equalBytes(secret.expose(), scene.secret),
});

const mod = (x: bigint): bigint => ((x % P) + P) % P;

function inverse(x: bigint): bigint {
  let result = 1n;
  for (let e = P - 2n, square = mod(x); e > 0n; e >>= 1n, square = mod(square * square)) {
    if (e & 1n) result = mod(result * square);
  }
  return result;
}

/** The value at `x` of the polynomial through these points: Lagrange's formula and nothing else. */
function through(points: readonly bigint[], values: readonly bigint[], x: bigint): bigint {
  return points.reduce((sum, point, i) => {
    let [top, bottom] = [1n, 1n];
    points.forEach((other, j) => {
      if (j === i) return;
      top = mod(top * (x - other));
      bottom = mod(bottom * (point - other));
    });
    return mod(sum + values[i]! * top * inverse(bottom));
  }, 0n);
}

function* subsets(m: number, size: number, from = 0): Generator<number[]> {
  if (size === 0) yield [];
  for (let first = from; first < m && size > 0; first++) {
    for (const rest of subsets(m, size - 1, first + 1)) yield [first, ...rest];
  }
}

/** The criterion by definition: whether a right secret's ten polynomials agree with at least m − c shares. For m ≥ t + c. */
function rightByDefinition(scene: Scene, shares: readonly Uint8Array[]): boolean {
  const { domain, slots, threshold, corrupt, secret } = scene;
  const points = [...pointsOf(domain, slots)].map(BigInt);
  const limbs = shares.map((share) => [...decodeShare(share)].map(BigInt));
  for (const chosen of subsets(slots.length, threshold)) {
    const at = chosen.map((i) => points[i]!);
    const value = (limb: number, x: bigint): bigint =>
      through(
        at,
        chosen.map((i) => limbs[i]![limb]!),
        x,
      );
    let missed = 0;
    for (let i = 0; i < points.length && missed <= corrupt; i++) {
      if (!chosen.includes(i) && limbs[i]!.some((limb, l) => value(l, points[i]!) !== limb)) missed++;
    }
    if (missed > corrupt) continue;
    try {
      if (equalBytes(joinSecret(all(10).map((limb) => Number(value(limb, 0n)))), secret)) return true;
    } catch {
      // A limb that is none of a secret's: a wrong secret.
    }
  }
  return false;
}

/** What corrupt holders show together to make an honest owner look false. */
const frames: Record<string, (scene: Scene, liars: readonly number[]) => Uint8Array[]> = {
  noise: ({ shares, random }, liars) => shares.map((share, i) => (liars.includes(i) ? noise(random) : share)),
  'one limb alone': ({ shares }, liars) =>
    shares.map((share, i) => (liars.includes(i) ? Uint8Array.from(share, (b, at) => (at === 0 ? b ^ 1 : b)) : share)),
  'another secret’s shares': (scene, liars) => {
    const others = shareSecret({ ...scene, secret: scene.random(32) });
    return scene.shares.map((share, i) => (liars.includes(i) ? others[i]! : share));
  },
  // The strongest: polynomials of another secret that agree with t − 1 honest shares.
  'polynomials through t − 1 honest shares': (scene, liars) => {
    const { shares, slots, domain, threshold, random } = scene;
    const honest = all(slots.length).filter((i) => !liars.includes(i));
    const met = honest.slice(0, threshold - 1);
    const points = [...pointsOf(domain, slots)].map(BigInt);
    const limbs = shares.map((share) => [...decodeShare(share)].map(BigInt));
    const other = random(32);
    const result: Uint8Array[] = shares.map((share) => share.slice());
    for (const liar of liars) {
      const values = all(10).map((limb) => {
        const secret = BigInt(other[limb]! + 256 * other[limb + 1]!);
        return through(
          [0n, ...met.map((i) => points[i]!)],
          [secret, ...met.map((i) => limbs[i]![limb]!)],
          points[liar]!,
        );
      });
      result[liar] = shareOf(values);
    }
    return result;
  },
};

function shareOf(limbs: readonly bigint[]): Uint8Array {
  let bits = 0n;
  limbs.forEach((limb, i) => (bits |= limb << BigInt(27 * i)));
  return Uint8Array.from({ length: 34 }, (_, i) => Number((bits >> BigInt(8 * i)) & 0xffn));
}

/** How an owner deals falsely. */
const lies: Record<string, (scene: Scene) => Uint8Array[]> = {
  'a wrong secret': (scene) => shareSecret({ ...scene, secret: scene.random(32) }),
  garbage: ({ shares, random }) => shares.map(() => noise(random)),
  'right shares to all but c + 1': ({ shares, random, corrupt }) =>
    shares.map((share, i) => (i <= corrupt ? noise(random) : share)),
  'two secrets': (scene) => {
    const halves = [0, 1].map(() => shareSecret({ ...scene, secret: scene.random(32) }));
    return scene.shares.map((_, i) => halves[i % 2]![i]!);
  },
};

const small = fc.record({
  seed: fc.nat(2 ** 31),
  threshold: fc.integer({ min: 1, max: 4 }),
  corrupt: fc.integer({ min: 0, max: 3 }),
  spare: fc.integer({ min: 0, max: 3 }),
});

const mixed = fc.record({
  ...{ seed: fc.nat(2 ** 31), threshold: fc.integer({ min: 2, max: 20 }) },
  ...{ corrupt: fc.integer({ min: 1, max: 8 }), spare: fc.integer({ min: 0, max: 12 }) },
});

describe('the decision about a dealing', () => {
  test.each(Object.keys(frames))('never convicts an honest owner, however many of c holders lie: %s', (kind) => {
    fc.assert(
      fc.property(mixed, ({ seed, threshold, corrupt, spare }) => {
        const m = threshold + corrupt + spare;
        const scene = sceneOf(seed, m, threshold, corrupt);
        const liars = shuffled(all(m), scene.random).slice(0, below(scene.random, corrupt + 1));
        const found = decideDealingAtOnce(dealing(scene, frames[kind]!(scene, liars)));
        expect(found.verdict).not.toBe('false-dealing');
        if (found.verdict === 'right') expect(found.secret.expose()).toEqual(scene.secret);
        // With 2c to spare the secret comes out.
        if (spare >= corrupt) expect(found.verdict).toBe('right');
      }),
      { numRuns: 150 },
    );
  });

  test.each(Object.keys(frames))(
    'convicts one where c + 1 holders lie, so that c is no more than is needed: %s',
    (kind) => {
      const scene = sceneOf(7, 11, 3, 2);
      const found = decideDealingAtOnce(dealing(scene, frames[kind]!(scene, [0, 4, 7])));
      expect(found).toEqual({ verdict: 'false-dealing' });
    },
  );

  test.each(Object.keys(lies))('convicts an owner that deals %s, wherever m ≥ t + 2c', (kind) => {
    fc.assert(
      fc.property(mixed, ({ seed, threshold, corrupt, spare }) => {
        const m = threshold + 2 * corrupt + spare;
        const scene = sceneOf(seed, m, threshold, corrupt);
        const shares = lies[kind]!(scene);
        expect(decideDealingAtOnce(dealing(scene, shares))).toEqual({ verdict: 'false-dealing' });
        // Nor do c of its friends help it, whatever they show.
        const friends = shuffled(all(m), scene.random).slice(0, kind.startsWith('right') ? 0 : corrupt);
        const helped = shares.map((share, i) => (friends.includes(i) ? scene.shares[i]! : share));
        if (threshold > corrupt) {
          expect(decideDealingAtOnce(dealing(scene, helped))).toEqual({ verdict: 'false-dealing' });
        }
      }),
      { numRuns: 100 },
    );
  });

  test('is the criterion itself wherever the shares suffice, right and wrong, at small sizes', () => {
    const seen = { 'false-dealing': 0, right: 0, unproven: 0 };
    fc.assert(
      fc.property(
        small,
        fc.constantFrom(...Object.keys(lies), ...Object.keys(frames)),
        fc.nat(2),
        ({ seed, threshold, corrupt, spare }, kind, extra) => {
          const m = threshold + corrupt + spare;
          const scene = sceneOf(seed, m, threshold, corrupt);
          const liars = shuffled(all(m), scene.random).slice(0, Math.min(m, corrupt + extra));
          const shares = kind in lies ? lies[kind]!(scene) : frames[kind]!(scene, liars);
          const { verdict } = decideDealingAtOnce(dealing(scene, shares));
          seen[verdict]++;
          expect(verdict).toBe(rightByDefinition(scene, shares) ? 'right' : 'false-dealing');
        },
      ),
      { numRuns: 400 },
    );
    expect(seen.right).toBeGreaterThan(40);
    expect(seen['false-dealing']).toBeGreaterThan(40);
    expect(seen.unproven).toBe(0);
  }, 60_000);

  test('proves nothing below m = t + c, whatever is shown', () => {
    for (const kind of Object.keys(lies)) {
      const scene = sceneOf(3, 7, 4, 4);
      expect(decideDealingAtOnce(dealing(scene, lies[kind]!(scene)))).toEqual({ verdict: 'unproven' });
    }
  });

  test('says unproven where too few shares are there and there are too many cases to look through', () => {
    const [threshold, corrupt] = [20, 12];
    expect(searchSize(threshold, corrupt)).toBeGreaterThan(SEARCH_LIMITS.candidates);
    const scene = sceneOf(5, threshold + corrupt + 3, threshold, corrupt);
    expect(decideDealingAtOnce(dealing(scene, lies.garbage!(scene)))).toEqual({ verdict: 'unproven' });
    // One wrong secret to all is proven even so: its own polynomials miss nothing.
    expect(decideDealingAtOnce(dealing(scene, lies['a wrong secret']!(scene)))).toEqual({ verdict: 'false-dealing' });
    const wide = sceneOf(5, 70, 67, 2);
    expect(searchSize(67, 2)).toBeLessThan(SEARCH_LIMITS.candidates);
    expect(decideDealingAtOnce(dealing(wide, lies.garbage!(wide)))).toEqual({ verdict: 'unproven' });
  });

  test('takes limbs that are none of a secret’s for a wrong secret', () => {
    const scene = sceneOf(9, 9, 3, 2);
    // Constant polynomials of value p − 1: in the field, and no limb of 26 bits.
    const constant = shareOf(all(10).map(() => P - 1n));
    const found = decideDealingAtOnce({
      ...dealing(
        scene,
        scene.shares.map(() => constant),
      ),
      isRight: () => true,
    });
    expect(found).toEqual({ verdict: 'false-dealing' });
  });

  test('finds by search what decoding cannot, and says which shares it misses', () => {
    // Shares of one other secret from half of those there: neither secret's polynomials are within ⌊(m − t)/2⌋.
    const scene = sceneOf(11, 8, 3, 4);
    const shares = frames['another secret’s shares']!(scene, [1, 3, 5, 7]);
    const found = decideDealingAtOnce(dealing(scene, shares));
    expect(found).toMatchObject({ verdict: 'right', missed: [1, 3, 5, 7] });
  });

  test('pauses on the way, also in a search', () => {
    const scene = sceneOf(13, 9, 4, 4);
    expect([...decideDealing(dealing(scene, lies.garbage!(scene)))].length).toBeGreaterThan(50);
  });

  test('looks at no more polynomials than its bound says', () => {
    for (const [m, threshold, corrupt] of [
      [9, 4, 4],
      [9, 4, 3],
      [12, 5, 4],
    ]) {
      const scene = sceneOf(17, m!, threshold!, corrupt!);
      let looked = 0;
      const steps = decideDealing({ ...dealing(scene, lies.garbage!(scene)), isRight: () => (looked++, false) });
      while (steps.next().done !== true);
      expect(looked).toBeLessThanOrEqual(searchSize(threshold!, corrupt!) + 1);
    }
    expect(searchSize(4, 4)).toBe(70);
    expect(searchSize(10, 6)).toBe(8008);
  });

  test('refuses settings that no sharing has, and malformed shares', () => {
    const scene = sceneOf(1, 8, 3, 1);
    expectCode('settings-invalid', () => decideDealingAtOnce({ ...dealing(scene, scene.shares), threshold: 0 }));
    const shares = scene.shares.map((share, i) => (i === 2 ? new Uint8Array(34).fill(255) : share));
    expectCode('wire-not-canonical', () => decideDealingAtOnce(dealing(scene, shares)));
  });
});
