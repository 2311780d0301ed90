/** Cairn's strategies, and how to define another. */
import { fedAdagrad, fedAdam, fedYogi } from './adaptive.ts';
import { fedAvg, fedAvgM } from './averaging.ts';
import type { StrategyDefinition } from './define.ts';

export { defineStrategy, type StrategyDefinition } from './define.ts';
export type { Strategy, StrategyConfig, StrategyState, StrategyStep } from './types.ts';

const BUILT_IN = [fedAvg, fedAvgM, fedAdagrad, fedAdam, fedYogi] as const;

/** One of Cairn's strategies, with its name and options known to the compiler. */
export type BuiltInStrategy = (typeof BUILT_IN)[number];

/** The strategies available to every coordinator. */
export const STRATEGIES: readonly StrategyDefinition[] = BUILT_IN;
