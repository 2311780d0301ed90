import type { RandomSource } from '../../protocol/crypto/index.ts';
import { packedRowBytes, Prg, type Slices, unpackRows } from '../../protocol/mpc/index.ts';
import { split, wipeWords, type Words, ringOf } from '../../protocol/mpc/sharing/index.ts';
import { traceOf } from '../plan/trace.ts';
import type { Plan } from '../plan/types.ts';
import { classesOf, revealed } from '../shares/answer.ts';
import type { Answer } from '../systems.ts';

/** Bytes of each server's share of the answer for a batch. */
export function answerBytes(plan: Plan, batch: number): number {
  const { outputs } = traceOf(plan);
  if (plan.reveal === 'scores') return batch * outputs * ringOf(plan.bits).bytes;
  return (32 - Math.clz32(outputs - 1)) * packedRowBytes(batch);
}

/** Bytes of each server's share of a question. */
export function inputBytes(plan: Plan, batch: number): number {
  return batch * traceOf(plan).inputs * ringOf(plan.bits).bytes;
}

/** Shares of a question for the servers a and b: each alone is uniform. */
export function shareInputs(plan: Plan, inputs: Words, random: RandomSource): readonly [Uint8Array, Uint8Array] {
  const ring = ringOf(plan.bits);
  const seed = random(32);
  const prg = new Prg(seed);
  const [a, b] = split(ring, inputs, prg);
  const bytes = [ring.toBytes(a), ring.toBytes(b)] as const;
  seed.fill(0);
  prg.wipe();
  wipeWords(a);
  wipeWords(b);
  return bytes;
}

/**
 * The answer from both servers' shares.
 * @throws CairnError `wire-bounds` or `wire-not-canonical` for what are no shares of an answer
 */
export function joinAnswer(plan: Plan, batch: number, a: Uint8Array, b: Uint8Array): Answer {
  const ring = ringOf(plan.bits);
  if (plan.reveal === 'scores') return revealed(plan, ring.add(ring.fromBytes(a), ring.fromBytes(b)));
  const rows = 32 - Math.clz32(traceOf(plan).outputs - 1);
  const [first, second] = [unpackRows(a, rows, batch), unpackRows(b, rows, batch)];
  return { classes: classesOf(xor(first, second)) };
}

function xor(first: Slices, second: Slices): Slices {
  return { ...first, words: first.words.map((word, at) => word ^ second.words[at]!) };
}
