/** The strategies that come with Cairn, and how to define another. */
import { fedAdagrad, fedAdam, fedYogi } from './adaptive.ts';
import { fedAvg, fedAvgM } from './averaging.ts';
import type { StrategyDefinition } from './define.ts';

export { defineStrategy, type StrategyDefinition } from './define.ts';
export type { Strategy, StrategyConfig, StrategyState } from './types.ts';

/** The strategies that every coordinator knows. */
export const STRATEGIES: readonly StrategyDefinition[] = [fedAvg, fedAvgM, fedAdagrad, fedAdam, fedYogi];
