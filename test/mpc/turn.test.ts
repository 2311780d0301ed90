import { describe, expect, it } from 'vitest';
import { exchange, type Party, receive, runPair, send } from '../../protocol/mpc/turn.ts';
import { codeOf } from '../support/thrown.ts';

const same = (_: Uint8Array, blocks: Uint8Array): Uint8Array => blocks;
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

function* asks(): Party<number> {
  yield* send(bytes(1));
  const [doubled] = yield* receive(1);
  const crossed = yield* exchange(bytes(7, 7));
  return doubled! + crossed[0]!;
}

function* answers(): Party<number> {
  const [value] = yield* receive(1);
  yield* send(bytes(2 * value!));
  const crossed = yield* exchange(bytes(9, 9));
  return crossed[1]!;
}

describe('two parties run against each other', () => {
  it('get each other’s messages in order, and crossing messages count as one trip', () => {
    const { results, received, trips } = runPair(asks(), answers(), same);
    expect(results).toEqual([11, 7]);
    expect(received).toEqual([
      [bytes(2), bytes(9, 9)],
      [bytes(1), bytes(7, 7)],
    ]);
    expect(trips).toBe(3);
  });

  it('do not accept a message of another length than the one they wait for', () => {
    expect(codeOf(() => runPair(send(bytes(1, 2)), receive(1), same))).toBe('wire-bounds');
  });

  it('do not wait for ever for what nobody sends', () => {
    expect(codeOf(() => runPair(receive(1), receive(1), same))).toBe('internal');
  });
});
