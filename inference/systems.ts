import type { Correlations } from '../protocol/mpc/dealer/index.ts';
import type { Words } from '../protocol/mpc/sharing/index.ts';
import type { Party } from '../protocol/mpc/index.ts';

/** What the asker learns of a batch. */
export interface Answer {
  /** The class of each row. */
  readonly classes: Uint32Array;
  /** The scores, row by row, if the plan reveals them; as numbers, not normalised. */
  readonly scores?: Float64Array;
}

/**
 * One side of a computation between two, in one connection. Its methods are called in this order: `setup` once, then
 * `offline` and `online` for each batch. All that does not depend on the input happens before `online`.
 */
interface Side<Input, Output> {
  /** What serves all batches of a connection, such as the masked weights. */
  setup(): Party<void>;
  /** Prepares one batch; takes the dealt randomness that the plan demands for it. */
  offline(batch: number, dealt: Correlations): Party<void>;
  /** Computes the batch that was prepared last. */
  online(input: Input): Party<Output>;
  /** Wipes what it holds. Wiping twice is harmless. */
  wipe(): void;
}

/** The model's owner. */
export type OwnerSide = Side<void, void>;

/** Who asks: its input is batch × inputs ring elements, row by row. */
export type AskerSide = Side<Words, Answer>;

/** One of two servers that hold shares of the model: from its share of the input to its share of the answer. */
export type ServerSide = Side<Uint8Array, Uint8Array>;
