import type { Primitives } from '../../crypto/primitives.ts';
import type { SecretBytes } from '../../crypto/secret.ts';
import { SUITES, type SuiteId } from '../../crypto/suite.ts';
import { createMaskVector, type MaskVector } from '../../kernels/index.ts';
import { pairMaskKey } from './mask-keys.ts';

/** One surviving neighbour of a member that dropped after sharing. */
export interface LeftoverPeer {
  readonly index: number;
  readonly maskKey: Uint8Array;
}

/** One piece of the work between the masked sum and the sum. */
export type UnmaskJob =
  /** The self mask of a member of U3: its expanded key is subtracted. */
  | { readonly kind: 'self'; readonly key: SecretBytes }
  /** The pair masks that a member of U2 ∖ U3 left in the inputs of its surviving neighbours: they are removed. */
  | {
      readonly kind: 'pair';
      /** Index and rebuilt s_SK of the member that dropped. */
      readonly index: number;
      readonly secretKey: SecretBytes;
      readonly peers: readonly LeftoverPeer[];
    };

/**
 * What has to be computed to open a sum: seeds, signs and a length. The server session emits it and continues with its
 * result, so the work may run anywhere. The session wipes its secrets once the result is in.
 */
export interface UnmaskPlan {
  readonly suite: SuiteId;
  readonly sessionId: Uint8Array;
  /** Number of coordinates. */
  readonly length: number;
  readonly jobs: readonly UnmaskJob[];
}

/** Number of masks that a plan expands: its cost, in vectors. */
export function planCost(plan: UnmaskPlan): number {
  return plan.jobs.reduce((sum, job) => sum + (job.kind === 'self' ? 1 : job.peers.length), 0);
}

/**
 * Expands a plan's masks one by one into `into`, and pauses after each, yielding the number done: the caller decides
 * when to continue, so that a long computation can yield its thread to others.
 */
export function* expandPlan(plan: UnmaskPlan, primitives: Primitives, into: MaskVector): Generator<number, void> {
  const { maskRounds } = SUITES[plan.suite];
  let done = 0;
  for (const job of plan.jobs) {
    if (job.kind === 'self') {
      into.addMask(job.key.expose(), -1, maskRounds);
      yield ++done;
      continue;
    }
    const agreement = primitives.x25519(job.secretKey.expose());
    try {
      for (const peer of job.peers) {
        const key = pairMaskKey(primitives, agreement, plan.sessionId, job.index, peer);
        // The survivor added the mask with + if its index is the greater one; what it added is removed here.
        try {
          into.addMask(key.expose(), peer.index > job.index ? -1 : 1, maskRounds);
        } finally {
          key.wipe();
        }
        yield ++done;
      }
    } finally {
      agreement.wipe();
    }
  }
}

/** Computes a plan on this thread, without pauses: the total of its masks, to be added to the sum. */
export function computePlan(plan: UnmaskPlan, primitives: Primitives): MaskVector {
  const correction = createMaskVector(plan.length);
  const steps = expandPlan(plan, primitives, correction);
  while (steps.next().done !== true);
  return correction;
}
