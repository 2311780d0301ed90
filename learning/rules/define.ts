import type { z } from 'zod';
import { assertName, type Definition, readOptions } from '../definition.ts';
import type { GroupRule } from './types.ts';

/** A rule over groups that a configuration may name. */
export type GroupRuleDefinition<Name extends string = string, Schema extends z.ZodObject = z.ZodObject> = Definition<
  GroupRule,
  Name,
  Schema
>;

/**
 * Defines a rule over the sums of a round's groups.
 * @param definition - its name; its options, in addition to `count` and `minSums`, which every rule has; and the
 * function that creates it, with the number of sums that it always discards (0 by default)
 * @throws CairnError `config-invalid` for a name with other characters than lower-case letters, digits and hyphens
 */
export function defineGroupRule<const Name extends string, Schema extends z.ZodObject>(definition: {
  readonly name: Name;
  readonly options: Schema;
  readonly create: (options: z.output<Schema>) => Pick<GroupRule, 'combine'> & Partial<Pick<GroupRule, 'dropped'>>;
}): GroupRuleDefinition<Name, Schema> {
  const { name, options: schema, create } = definition;
  assertName(name);
  return {
    name,
    options: schema,
    create: (options) => ({ name, dropped: 0, ...create(readOptions(name, schema, options)) }),
  };
}
