import type { Primitives, RandomSource } from '../../protocol/crypto/index.ts';
import type { AnyPermutation } from '../drivers/run.ts';

/** What a session needs of its platform. */
export interface SessionTools {
  readonly primitives: Primitives;
  readonly random: RandomSource;
  readonly permutation: AnyPermutation;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds to wait for a message within a computation. */
  readonly timeoutMs: number;
  /** Milliseconds that an asker may be silent between two computations. */
  readonly idleMs: number;
}
