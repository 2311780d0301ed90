import type { LeftoverPeer, UnmaskJob, UnmaskPlan } from '../../../protocol/schemes/secagg/unmask.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import { SecretBytes } from '../../../protocol/crypto/secret.ts';
import { unsafeSeededRandom } from '../../../protocol/crypto/seeded.ts';
import type { SuiteId } from '../../../protocol/crypto/suite.ts';

/** What a test plan is made from. */
export interface PlanShape {
  readonly seed: number;
  readonly suite: SuiteId;
  readonly length: number;
  /** Per job the number of survivors it names, or −1 for a self mask. */
  readonly jobs: readonly number[];
}

/** Members that dropped come after, before and between the survivors, so that both signs occur. */
const SPAN = 100;

/** A plan of random secrets: the same for the same shape. */
export function planOf({ seed, suite, length, jobs }: PlanShape): UnmaskPlan {
  const random = unsafeSeededRandom(new Uint8Array(32).fill(seed));
  const secret = (): SecretBytes => new SecretBytes(random(32));
  const survivors = Array.from({ length: Math.max(0, ...jobs) }, (_, at): LeftoverPeer => ({
    index: 2 * at,
    maskKey: nodePrimitives.x25519PublicKey(random(32)),
  }));
  return {
    suite,
    sessionId: random(32),
    length,
    jobs: jobs.map((peers, at): UnmaskJob => {
      if (peers < 0) return { kind: 'self', key: secret() };
      const index = 2 * ((7 * at) % SPAN) + 1;
      return { kind: 'pair', index, secretKey: secret(), peers: survivors.slice(0, peers) };
    }),
  };
}

/** A point of order 4: the agreement with it is zero for every secret. */
export const LOW_ORDER_KEY = new Uint8Array(32);
