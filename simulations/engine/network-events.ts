import type { FaultKind } from '../faults/script.ts';

/** What the network did. */
export interface NetworkEvents extends Readonly<Record<FaultKind, number>> {
  /** Messages that were under way when their connection broke. */
  readonly lost: number;
  /** Messages that were sent again on a new connection. */
  readonly again: number;
  /** Messages that came behind one that had set out later. */
  readonly overtaken: number;
}

/** {@link NetworkEvents} while the round runs. */
export type Counts = { -readonly [Key in keyof NetworkEvents]: number };

/** The counts of a round that has not begun. */
export function noCounts(): Counts {
  return {
    drop: 0,
    delay: 0,
    reorder: 0,
    duplicate: 0,
    corrupt: 0,
    flapping: 0,
    partition: 0,
    abandon: 0,
    lost: 0,
    again: 0,
    overtaken: 0,
  };
}
