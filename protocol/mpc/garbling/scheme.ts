import type { Arena } from '../kernels/arena.ts';

/** A batch of ANDs that do not depend on one another, as addresses in an arena. */
interface Batch {
  /** Records of the gates. */
  readonly program: number;
  readonly gates: number;
  readonly lanes: number;
  /** Slot 0. */
  readonly labels: number;
  /** The garbler's delta; of no use to the evaluator. */
  readonly delta: number;
  /** ANDs, counted in lanes, that were hashed under the key before. */
  readonly hashed: number;
  /** Where the blocks to permute begin, and where they are put back permuted. */
  readonly blocks: number;
  readonly tables: number;
}

/** What one role computes for a batch of ANDs before and after the permutation. */
export interface Role {
  /** Bytes of an AND's table. */
  readonly tableBytes: number;
  /** Blocks that are permuted for an AND. */
  readonly blocks: number;
  prepare(arena: Arena, batch: Batch): void;
  finish(arena: Arena, batch: Batch): void;
}

/** How ANDs are garbled and evaluated. */
export interface SchemeRoles {
  readonly garbler: Role;
  readonly evaluator: Role;
}
