import { z } from 'zod';
import { CairnError } from '../protocol/errors.ts';
import { didYouMean } from '../protocol/suggest.ts';
import { MIN_GROUPS } from './cohorts/groups.ts';
import { assertDefinition, type Definition } from './definition.ts';
import type { Named } from './own-code.ts';
import { GROUP_RULES, type GroupRule, type GroupRuleConfig, type GroupRuleDefinition } from './rules/index.ts';
import { STRATEGIES, type Strategy, type StrategyConfig, type StrategyDefinition } from './strategies/index.ts';

/** An operator's own strategies and rules, in addition to Cairn's, which a configuration's tasks can name. */
export interface OwnLearning {
  readonly strategies?: readonly StrategyDefinition[] | undefined;
  readonly rules?: readonly GroupRuleDefinition[] | undefined;
}

/** Strategies and group rules by their names: what a configuration may name, and how it is created. */
export interface Registry {
  readonly strategies: ReadonlyMap<string, StrategyDefinition>;
  readonly rules: ReadonlyMap<string, GroupRuleDefinition>;
}

/**
 * Cairn's strategies and rules, and an operator's own.
 * @throws CairnError `config-invalid` for a name that is taken, and for anything that `defineStrategy` or
 * `defineGroupRule` would refuse
 */
export function registryOf({ strategies = [], rules = [] }: OwnLearning = {}): Registry {
  return {
    strategies: byName('strategy', STRATEGIES, strategies),
    rules: byName('group rule', GROUP_RULES, rules),
  };
}

function byName<Made>(
  kind: Named['kind'],
  builtIn: readonly Definition<Made>[],
  own: readonly Definition<Made>[],
): Map<string, Definition<Made>> {
  const all = new Map(builtIn.map((definition) => [definition.name, definition]));
  for (const definition of own) {
    assertDefinition(kind, definition);
    if (all.has(definition.name)) {
      throw new CairnError('config-invalid', `there are two definitions of the ${kind} "${definition.name}"`, {
        hint: 'give your own definition another name',
      });
    }
    all.set(definition.name, definition);
  }
  return all;
}

/** Only the strategies and rules that come with Cairn. */
export const BUILT_IN: Registry = registryOf();

/** The strategy that a configuration names. @throws CairnError `config-invalid` for an unknown one, or bad options */
export function createStrategy({ name, ...options }: StrategyConfig, registry: Registry = BUILT_IN): Strategy {
  return definitionOf('strategy', registry.strategies, name).create(options);
}

/** The rule that a configuration names. @throws CairnError `config-invalid` for an unknown one, or bad options */
export function createGroupRule({ rule, ...options }: GroupRuleConfig, registry: Registry = BUILT_IN): GroupRule {
  return definitionOf('rule', registry.rules, rule).create(options);
}

function definitionOf<Made>(
  kind: string,
  definitions: ReadonlyMap<string, Definition<Made>>,
  name: string,
): Definition<Made> {
  const definition = definitions.get(name);
  if (definition !== undefined) return definition;
  throw new CairnError('config-invalid', `unknown ${kind} "${name}"; ${didYouMean(name, [...definitions.keys()])}`, {
    hint: `to use your own ${kind}, pass its definition to the coordinator`,
  });
}

/** A strategy in a configuration: its name, or an object with its name and options. */
export const strategySchema = ({ strategies }: Registry): z.ZodType<StrategyConfig, string | StrategyConfig> =>
  z
    .custom<string | StrategyConfig>(() => true)
    .transform((value, context) => {
      const given: unknown = typeof value === 'string' ? { name: value } : value;
      const names = [...strategies.keys()];
      return withOptions('name', strategies, {}, given, context, (name) =>
        name === undefined
          ? `expected the name of a strategy (${names.join(', ')}), or an object with it`
          : `unknown strategy "${name}"; ${didYouMean(name, names)}`,
      ) as StrategyConfig;
    });

/** How a cohort is split, and how the groups' means become one update. */
export interface GroupsConfig extends GroupRuleConfig {
  /** Groups that a cohort is split into at random, each with a separate sum. */
  readonly count: number;
  /** Minimum number of groups whose sums a round needs. */
  readonly minSums?: number | undefined;
}

const GROUPS = {
  count: z.int().min(MIN_GROUPS).max(1000),
  minSums: z.int().min(MIN_GROUPS).max(1000).optional(),
};

/** Groups in a configuration: an object with their number, a rule and its options. */
export const groupsSchema = ({ rules }: Registry): z.ZodType<GroupsConfig, GroupsConfig> =>
  z
    .custom<GroupsConfig>(() => true)
    .transform(
      (value, context) =>
        withOptions(
          'rule',
          rules,
          GROUPS,
          value,
          context,
          () => `expected an object with count and a rule (${[...rules.keys()].join(', ')})`,
        ) as GroupsConfig,
    );

/**
 * Reads an object that names a definition, with its options in addition to `common`.
 * @param misnamed - makes the message for an unknown name; called with undefined if the name is missing
 */
function withOptions(
  key: 'name' | 'rule',
  definitions: ReadonlyMap<string, { readonly options: z.ZodObject }>,
  common: z.core.$ZodLooseShape,
  value: unknown,
  context: z.core.$RefinementCtx,
  misnamed: (name: string | undefined) => string,
): object {
  const given = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  const name = Object.hasOwn(given, key) ? given[key] : undefined;
  const definition = typeof name === 'string' ? definitions.get(name) : undefined;
  if (definition === undefined) {
    const message = misnamed(typeof name === 'string' ? name : undefined);
    context.addIssue({ code: 'custom', input: value, path: [key], message });
    return z.NEVER;
  }
  const rest = Object.fromEntries(Object.entries(given).filter(([one]) => one !== key));
  const keys = [key, ...Object.keys(common), ...Object.keys(definition.options.shape)];
  const unknown = Object.keys(given).filter((one) => !keys.includes(one));
  if (unknown.length > 0) {
    const message = unknown.map((one) => `unknown key "${one}"; ${didYouMean(one, keys)}`).join('; ');
    context.addIssue({ code: 'unrecognized_keys', keys: unknown, input: given, message });
  }
  const read = [z.object(common), definition.options].map((schema) => schema.safeParse(rest));
  for (const { error } of read)
    for (const issue of error?.issues ?? []) context.issues.push({ ...issue, input: rest } as z.core.$ZodRawIssue);
  const [shared, own] = read.map(({ data }) => data);
  return { [key]: name, ...shared, ...own };
}
