import { describe, expect, test } from 'vitest';
import { ChaChaStream } from '../../protocol/crypto/chacha.ts';
import { expectCode, pattern } from './helpers.ts';

describe('ChaChaStream', () => {
  test('words and single words read one stream', () => {
    const whole = new ChaChaStream(pattern(32), 12).words(50);
    const cut = new ChaChaStream(pattern(32), 12);
    const read = [...cut.words(15), cut.nextWord(), cut.nextWord(), ...cut.words(0), ...cut.words(33)];
    expect(Uint32Array.from(read)).toEqual(whole);
  });

  test('rounds and keys give different streams', () => {
    const first = [12, 20].flatMap((rounds) =>
      [1, 2].map((n) => new ChaChaStream(pattern(32, n), rounds as 12 | 20).nextWord()),
    );
    expect(new Set(first).size).toBe(4);
  });

  test('uniform: rejects the words that would favour small results', () => {
    // For a bound of 3·2^30 a fold would give results below 2^30 twice as often; count them.
    const stream = new ChaChaStream(pattern(32), 20);
    const bound = 3 * 2 ** 30;
    let low = 0;
    for (let i = 0; i < 6000; i++) {
      const value = stream.uniform(bound);
      expect(value).toBeLessThan(bound);
      if (value < 2 ** 30) low++;
    }
    expect(low).toBeGreaterThan(1800); // 2000 expected; folding would make it 3000
    expect(low).toBeLessThan(2200);
  });

  test('uniform: equals the words below the limit, reduced', () => {
    const words = new ChaChaStream(pattern(32, 9), 20).words(400);
    const bound = 2 ** 31 + 1; // rejects almost half
    const expected = [...words].filter((word) => word < bound).map((word) => word % bound);
    const stream = new ChaChaStream(pattern(32, 9), 20);
    expect(expected.map(() => stream.uniform(bound))).toEqual(expected);
    expect(expected.length).toBeLessThan(300);
  });

  test('uniform: extreme and refused bounds', () => {
    const stream = new ChaChaStream(pattern(32), 20);
    const twin = new ChaChaStream(pattern(32), 20);
    expect(stream.uniform(2 ** 32)).toBe(twin.nextWord());
    expect(stream.uniform(1)).toBe(0);
    for (const bound of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) expectCode('internal', () => stream.uniform(bound));
  });

  test('fails closed after wipe, and refuses short keys', () => {
    const stream = new ChaChaStream(pattern(32), 20);
    stream.nextWord();
    stream.wipe();
    expectCode('secret-wiped', () => stream.nextWord());
    expectCode('key-invalid', () => new ChaChaStream(pattern(31), 20));
  });

  test('keeps no reference to its key', () => {
    const key = pattern(32);
    const stream = new ChaChaStream(key, 20);
    key.fill(0);
    expect(stream.words(20)).toEqual(new ChaChaStream(pattern(32), 20).words(20));
  });
});
