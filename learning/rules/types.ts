import type { DecodedSum } from '../../protocol/quantize/index.ts';

/**
 * How the means of a round's groups become one update. Every group has one voice, whatever number of examples it
 * claims: a weight is as easily made up as an update.
 */
export type GroupRule =
  /** Of each coordinate the middle value, or the mean of the two in the middle (Yin et al. 2018). */
  | { readonly rule: 'median' }
  /** Of each coordinate the mean without the `trim` least and the `trim` greatest values (Yin et al. 2018). */
  | { readonly rule: 'trimmed-mean'; readonly trim: number }
  /** The mean of the groups whose L2 norm, trained and untrained coordinates apart, is at most `factor` times the median. */
  | { readonly rule: 'norm-filter'; readonly factor: number };

/** Sums of groups on their way to one. */
export interface Combination {
  /** Work that is to be done before `sum`, in steps short enough to let others have their turn between them. */
  steps(): Iterable<unknown>;
  /**
   * What the rule makes of the groups, coordinate by coordinate when it is asked for. Examples, loss and accuracy go
   * through the rule too; examples then count for all groups.
   */
  readonly sum: DecodedSum;
  /** Places of the groups that do not count at all; known when all steps are done. */
  readonly leftOut: readonly number[];
}
