/** Cairn's rules over groups, and how to define another. */
import { z } from 'zod';
import { byCoordinate, median as middle, trimmedMean as meanOfMiddle } from './coordinates.ts';
import { defineGroupRule, type GroupRuleDefinition } from './define.ts';
import { normFilter as withoutLong } from './norm-filter.ts';

export { defineGroupRule, type GroupRuleDefinition } from './define.ts';
export { byCoordinate } from './coordinates.ts';
export type { Combination, CoordinateRange, GroupRule, GroupRuleConfig } from './types.ts';

/** For each coordinate the middle value, or the mean of the two in the middle (Yin et al. 2018). */
const median = defineGroupRule({
  name: 'median',
  options: z.object({}),
  create: () => ({ combine: (sums) => byCoordinate(sums, middle) }),
});

/** For each coordinate the mean without the `trim` smallest and the `trim` largest values (Yin et al. 2018). */
const trimmedMean = defineGroupRule({
  name: 'trimmed-mean',
  options: z.object({ trim: z.int().min(1).default(1) }),
  create: ({ trim }) => ({ dropped: 2 * trim, combine: (sums) => byCoordinate(sums, meanOfMiddle(trim)) }),
});

/** The mean of the groups whose L2 norm, trained and untrained coordinates apart, is at most `factor` times the median. */
const normFilter = defineGroupRule({
  name: 'norm-filter',
  options: z.object({ factor: z.number().min(1).default(2) }),
  create: ({ factor }) => ({ combine: (sums, size, untrained) => withoutLong(sums, size, factor, untrained) }),
});

const BUILT_IN = [median, trimmedMean, normFilter] as const;

/** One of the rules that come with Cairn, its name and options known to the compiler. */
export type BuiltInRule = (typeof BUILT_IN)[number];

/** The rules available to every coordinator. */
export const GROUP_RULES: readonly GroupRuleDefinition[] = BUILT_IN;
