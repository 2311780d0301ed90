import type { DecodedSum } from '../../protocol/quantize/index.ts';
import type { UntrainedRange } from '../../protocol/wire/index.ts';

/** `length` coordinates, starting at `from`. */
export type CoordinateRange = Pick<UntrainedRange, 'from' | 'length'>;

/** Sums of groups that are being combined. */
export interface Combination {
  /** Work to do before `sum`, in steps short enough to yield to other work between them. */
  steps(): Iterable<unknown>;
  /**
   * The rule's result, computed coordinate by coordinate on demand. Examples, loss and accuracy go through the rule
   * too; examples then count for all groups.
   */
  readonly sum: DecodedSum;
  /** Indices of the groups that do not count at all; known when all steps are done. */
  readonly leftOut: readonly number[];
}

/**
 * How the means of a round's groups become one update. Every group has one vote, whatever number of examples it claims:
 * a weight is as easily forged as an update.
 */
export interface GroupRule {
  readonly name: string;
  /** Number of sums that the rule always discards: a round needs more than these. */
  readonly dropped: number;
  /**
   * Combines the sums of a round's groups.
   * @param sums - more than `dropped`
   * @param size - number of coordinates of each
   * @param untrained - those that are not trained, ascending
   */
  combine(sums: readonly DecodedSum[], size: number, untrained: readonly CoordinateRange[]): Combination;
}

/** A rule's name and options: missing options have their defaults. */
export interface GroupRuleConfig {
  readonly rule: string;
  readonly [option: string]: unknown;
}
