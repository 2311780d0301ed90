import type { DecodedSum } from '../../protocol/quantize/index.ts';
import type { UntrainedRange } from '../../protocol/wire/index.ts';

/** Coordinates from `from` on, so many. */
export type CoordinateRange = Pick<UntrainedRange, 'from' | 'length'>;

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

/**
 * How the means of a round's groups become one update. Every group has one voice, whatever number of examples it
 * claims: a weight is as easily made up as an update.
 */
export interface GroupRule {
  readonly name: string;
  /** Sums that the rule takes away whatever they say: a round needs more than these. */
  readonly dropped: number;
  /**
   * Combines the sums of a round's groups.
   * @param sums - more than `dropped`
   * @param size - number of coordinates of each
   * @param untrained - those that are not trained, ascending
   */
  combine(sums: readonly DecodedSum[], size: number, untrained: readonly CoordinateRange[]): Combination;
}

/** Which rule, with its options: those that are left out have their defaults. */
export interface GroupRuleConfig {
  readonly rule: string;
  readonly [option: string]: unknown;
}
