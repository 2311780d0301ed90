/** From a round's sums to the next model: cohorts and groups, decoding of sums, strategies and rules. */
export { chooseCohort, cut, drawIndependently, invitations } from './cohorts/draw.ts';
export { equalSizes, maxGroup, MIN_GROUPS, smallestGroup } from './cohorts/groups.ts';
export { DEFINED_NAME } from './definition.ts';
export { allFinite, NextModel } from './next-model.ts';
export { type NoiseCost, noiseCostOf } from './noise-cost.ts';
export { rebased } from './rebase.ts';
export {
  BUILT_IN,
  createGroupRule,
  createStrategy,
  groupsSchema,
  type OwnLearning,
  type Registry,
  registryOf,
  strategySchema,
} from './registry.ts';
export { alreadyRead, atOnce, learn } from './round.ts';
export { byCoordinate, defineGroupRule } from './rules/index.ts';
export type { BuiltInRule, Combination, CoordinateRange } from './rules/index.ts';
export type { GroupRule, GroupRuleConfig, GroupRuleDefinition } from './rules/index.ts';
export { defineStrategy, STRATEGIES } from './strategies/index.ts';
export type {
  BuiltInStrategy,
  Strategy,
  StrategyConfig,
  StrategyDefinition,
  StrategyState,
  StrategyStep,
} from './strategies/index.ts';
export { type Combined, combineGroups, type GroupTerms } from './sums/groups.ts';
export { type GroupSum, openSums, type OpeningTools } from './sums/open.ts';
export {
  bestResolution,
  COARSE,
  firstScales,
  highest,
  measuredScales,
  resolutionOf,
  type Scales,
  scalesAfter,
  withinBounds,
} from './sums/scales.ts';
export { assertEvaluation, HeldOut } from './validation.ts';
export type { Evaluate, Evaluation, Verdict } from './validation.ts';
export type { GroupsConfig } from './registry.ts';
