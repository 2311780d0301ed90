import type { Party, Permutation } from '../../protocol/mpc/index.ts';

/** What a party is told for a message of this length. */
export type Answer = (length: number) => Uint8Array;

/** Messages of zeros: as good as any others for a party that only computes with what it is sent. */
const zeros: Answer = (length) => new Uint8Array(length);

/** Messages that were recorded, in order. What a party gets is a copy, since it may wipe it. */
export function replayed(messages: readonly Uint8Array[]): Answer {
  let next = 0;
  return () => messages[next++]!.slice();
}

/** Runs one party alone, without copies or waits: what is left is the work of one side. */
export function drive<T>(party: Party<T>, permutation: Permutation, answer: Answer = zeros): T {
  let input: Uint8Array = new Uint8Array(0);
  for (;;) {
    const { done, value } = party.next(input);
    if (done === true) return value;
    if (value.kind === 'permute') input = permutation(value.key, value.blocks);
    else input = value.receive === 0 ? new Uint8Array(0) : answer(value.receive);
  }
}
