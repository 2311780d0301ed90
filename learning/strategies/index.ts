/** Cairn's strategies, and how to define another. */
import { fedAdagrad, fedAdam, fedYogi } from './adaptive.ts';
import { fedAvg, fedAvgM } from './averaging.ts';
import type { StrategyDefinition } from './define.ts';

export { defineStrategy, type StrategyDefinition } from './define.ts';
export type { Strategy, StrategyConfig, StrategyState } from './types.ts';

/** The strategies available to every coordinator. */
export const STRATEGIES: readonly StrategyDefinition[] = [fedAvg, fedAvgM, fedAdagrad, fedAdam, fedYogi];
