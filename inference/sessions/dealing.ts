import type { Correlations } from '../../protocol/mpc/dealer/index.ts';
import type { Dealing } from './messages.ts';

/** Where the owner's part of the correlated randomness comes from. */
export interface OwnerDealing {
  /** What the asker is told, so that it finds its part. */
  readonly source: Dealing;
  /**
   * Writes off what one computation takes, before the asker is told to begin.
   * @param next the first piece that the asker has not used; null if it has no file
   * @returns the piece of a file, null if there is none; and what gives the randomness
   */
  reserve(session: Uint8Array, batch: number, next: number | null): Promise<Reserved>;
}

/** What was written off for one computation. */
interface Reserved {
  /** The piece of a file; null if there is no file. */
  readonly piece: number | null;
  /** Gives the randomness, once. */
  readonly open: () => Promise<Correlations>;
}
