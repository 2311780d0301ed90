import { planCost, type UnmaskPlan } from '../../protocol/schemes/secagg/index.ts';

/**
 * What one key agreement costs, in words of a mask: 60 µs against 1.7 ns, measured with Node's own X25519 and the wasm
 * kernel. It only has to be of the right order of magnitude.
 */
const AGREEMENT_WORDS = 35_000;

/**
 * Words of work in a batch, some 5 ms: long compared with taking it, short enough that a slow worker does not delay the
 * end.
 */
const BATCH_WORDS = 3_000_000;

/** Maximum masks in a batch: the cost of importing a key once per dropped member is negligible by then. */
const MAX_MASKS = 64;

/**
 * Work below which a plan stays on the main thread, in words. Starting two threads took 85 to 165 ms on two busy cores,
 * so two workers pay off from about twice that on, and 10^8 words are 170 ms of one thread. Running threads answer
 * within a millisecond, but what a smaller plan could gain from them is not worth a second rule.
 */
export const MIN_WORDS = 100_000_000;

/** A plan's work, in words of a mask. */
export function planWords(plan: UnmaskPlan): number {
  const agreements = plan.jobs.reduce((sum, job) => sum + (job.kind === 'self' ? 0 : job.peers.length), 0);
  return planCost(plan) * plan.length + agreements * AGREEMENT_WORDS;
}

/** How many masks a worker takes at once. */
export function batchSizeFor(plan: UnmaskPlan): number {
  const each = planWords(plan) / Math.max(1, planCost(plan));
  return Math.min(MAX_MASKS, Math.max(1, Math.floor(BATCH_WORDS / Math.max(1, each))));
}
