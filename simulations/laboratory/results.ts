import type { Row, Series } from './rows.ts';

/**
 * All that a run has recorded, in order: what summaries and reports are made of, of a whole run as of one that was
 * stopped half way.
 */
export interface Results<Settings> {
  readonly settings: Settings;
  readonly seed: number;
  /** Whether the run was stopped before its end. */
  readonly interrupted: boolean;
  /** The rows of a series, in the order in which they were recorded; empty where there is none yet. */
  rows<R extends Row>(series: Series<R>): readonly R[];
  /** Names of the images recorded, without folder and extension, in order. */
  readonly images: readonly string[];
}
