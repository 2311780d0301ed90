import { describe, expect, test } from 'vitest';
import { drive, replayed } from '../../bench/mpc/drive.ts';
import { Meter } from '../../bench/mpc/meter.ts';
import { exchange, type Party, runPair, send } from '../../protocol/mpc/index.ts';
import { nodePermutation } from '../../protocol/crypto/node/index.ts';

/** Adds what it is told, permuted, to what it says itself. */
function* adder(own: number): Party<number> {
  yield* send(Uint8Array.of(own));
  const told = yield* exchange(Uint8Array.of(own), 1);
  const more = yield* exchange(Uint8Array.of(own), 1);
  const blocks = yield { kind: 'permute', key: new Uint8Array(16), blocks: new Uint8Array(16).fill(own) };
  return own + 10 * told[0]! + 100 * more[0]! + 1000 * blocks[0]!;
}

describe('a party that is driven alone', () => {
  test('ends as with a partner if it is told what the partner said', () => {
    const { results, received } = runPair(adder(3), adder(4), nodePermutation);
    expect(drive(adder(3), nodePermutation, replayed(received[0]))).toBe(results[0]);
    expect(drive(adder(4), nodePermutation, replayed(received[1]))).toBe(results[1]);
  });

  test('leaves the recording as it was, whatever it does with what it is told', () => {
    const recording = [Uint8Array.of(7), Uint8Array.of(8)];
    const answer = replayed(recording);
    answer(1).fill(0);
    expect(recording).toEqual([Uint8Array.of(7), Uint8Array.of(8)]);
    expect(answer(1)).toEqual(Uint8Array.of(8));
  });

  test('is told zeros of the length that it waits for if nothing else is said', () => {
    expect(drive(adder(3), nodePermutation) % 1000).toBe(3);
  });
});

describe('the meter', () => {
  test('counts only what runs, and prepares anew for each call', () => {
    let [clock, prepared, ran] = [0, 0, 0];
    const speed = new Meter({ repeats: 3, minMs: 0 }, () => clock).speedOf({
      ...{ name: 'some work', unit: 'thing', amount: 1000 },
      prepare: () => {
        clock += 20;
        return ++prepared;
      },
      run: (count) => {
        clock += 4;
        ran++;
        expect(count).toBe(ran);
      },
    });
    expect([prepared, ran]).toEqual([4, 4]);
    expect(speed).toEqual({ name: 'some work', unit: 'thing', perSecond: 250_000 });
  });

  test('gives the median, and repeats what is quick until a sample is long enough', () => {
    let [clock, ran] = [0, 0];
    const run = (): void => {
      // The first sample does not count; one of the others is slow.
      clock += ran === 5 ? 100 : 1;
      ran++;
    };
    const { perSecond } = new Meter({ repeats: 3, minMs: 4 }, () => clock).speed('quick', 'thing', 1, run);
    expect(perSecond).toBe(1000);
    expect(ran).toBe(4 + 2 + 4 + 4);
  });

  test('waits for what answers later', async () => {
    let [clock, ran] = [0, 0];
    const run = async (): Promise<void> => {
      ran++;
      await Promise.resolve();
      clock += 8;
    };
    const { perSecond } = await new Meter({ repeats: 2, minMs: 0 }, () => clock).speedLater('later', 'thing', 16, run);
    expect([perSecond, ran]).toEqual([2000, 3]);
  });
});
