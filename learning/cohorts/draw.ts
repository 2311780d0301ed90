import type { RandomSource } from '../../protocol/crypto/index.ts';

const WORDS = 2 ** 32;

/** A uniform integer from 0 to below `bound` (at most 2^32), by rejection: no number is even slightly likelier. */
function uniform(random: RandomSource, bound: number): number {
  const limit = WORDS - (WORDS % bound);
  for (;;) {
    const bytes = random(4);
    const word = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    if (word < limit) return word % bound;
  }
}

/** `count` of the candidates, every choice being equally likely; all of them, in random order, if there are fewer. */
export function chooseCohort<Candidate>(
  candidates: readonly Candidate[],
  count: number,
  random: RandomSource,
): Candidate[] {
  const pool = [...candidates];
  const chosen = Math.min(count, pool.length);
  for (let i = 0; i < chosen; i++) {
    const j = i + uniform(random, pool.length - i);
    [pool[i], pool[j]] = [pool[j]!, pool[i]!];
  }
  return pool.slice(0, chosen);
}

/**
 * Each candidate with the same probability and independently of the others, in random order. The probability is rounded
 * down to a multiple of 2^−32: a member that is drawn more rarely reveals less.
 */
export function drawIndependently<Candidate>(
  candidates: readonly Candidate[],
  probability: number,
  random: RandomSource,
): Candidate[] {
  const below = Math.floor(probability * WORDS);
  const drawn = candidates.filter(() => uniform(random, WORDS) < below);
  return chooseCohort(drawn, drawn.length, random);
}

/** How many to invite so that `cohort` are left when the expected share does not answer. */
export function invitations(cohort: number, overSelect: number): number {
  return Math.ceil(cohort * (1 + overSelect));
}

/** Splits a list in random order into lists of these sizes: each possible partition is equally likely. */
export function cut<Candidate>(shuffled: readonly Candidate[], sizes: readonly number[]): Candidate[][] {
  let from = 0;
  return sizes.map((size) => shuffled.slice(from, (from += size)));
}
