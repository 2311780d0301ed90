import { describe, expect, it } from 'vitest';
import { Random } from '../../training/index.ts';

describe('Random', () => {
  it('keeps its stream: other engines and later versions must draw the same', () => {
    const draw = (seed: number, label?: string): number[] => {
      const random = new Random(seed, label);
      return [random.next(), random.next(), random.next()];
    };
    expect({ plain: draw(0), labelled: draw(0, 'dense1.weight'), large: draw(2 ** 53 - 1) }).toMatchInlineSnapshot(`
      {
        "labelled": [
          2496971588,
          2606524798,
          390181216,
        ],
        "large": [
          2129050692,
          2572266503,
          4172308234,
        ],
        "plain": [
          3008590864,
          1978847684,
          1978735814,
        ],
      }
    `);
  });

  it('steps as xoshiro128** does', () => {
    // Reference: the authors' recurrence on 64-bit integers, from the first four outputs of the same state.
    const random = new Random(7);
    const mask = 0xffffffffn;
    const rotate = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & mask;
    const mix = (from: bigint): bigint => {
      let h = (from + 0x9e3779b9n) & mask;
      h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & mask;
      h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & mask;
      return h ^ (h >> 16n);
    };
    let h = mix(mix(7n) ^ 0n);
    const s = Array.from({ length: 4 }, () => (h = mix(h)));
    for (let i = 0; i < 100; i++) {
      expect(BigInt(random.next())).toBe((rotate((s[1]! * 5n) & mask, 7n) * 9n) & mask);
      const t = (s[1]! << 9n) & mask;
      s[2]! ^= s[0]!;
      s[3]! ^= s[1]!;
      s[1]! ^= s[2]!;
      s[0]! ^= s[3]!;
      s[2]! ^= t;
      s[3] = rotate(s[3]!, 11n);
    }
  });

  it('draws uniformly', () => {
    const random = new Random(1);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random.below(7)]!++;
    // Six standard deviations of a binomial count.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(6 * Math.sqrt(10_000 * (6 / 7)));
    let sum = 0;
    for (let i = 0; i < 10_000; i++) {
      const u = random.uniform();
      expect(u >= 0 && u < 1 && Math.fround(u) === u).toBe(true);
      sum += u;
    }
    expect(Math.abs(sum / 10_000 - 0.5)).toBeLessThan(0.02);
  });

  it('shuffles into every order alike', () => {
    const counts = new Map<string, number>();
    const random = new Random(3);
    for (let i = 0; i < 24_000; i++) {
      const order = random.shuffle(Uint32Array.of(0, 1, 2, 3)).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(6 * Math.sqrt(1000));
  });

  it('has a stream of its own for each label and each half of the seed', () => {
    const first = new Set(
      [new Random(1), new Random(1, 'a'), new Random(1, 'b'), new Random(2), new Random(1 + 2 ** 32)].map((r) =>
        r.next(),
      ),
    );
    expect(first.size).toBe(5);
  });
});
