import type { z } from 'zod';
import {
  type BuiltInRule,
  type BuiltInStrategy,
  type GroupsConfig,
  type OwnLearning,
  registryOf,
} from '../../learning/index.ts';
import type { configSchema, taskSchema } from './schema.ts';

/** Only the strategies and rules that come with Cairn. */
type NoOwn = { readonly [key in keyof OwnLearning]?: undefined };

/** The definitions under a key of the user's own strategies and rules. */
type OwnUnder<Key extends keyof OwnLearning, Own extends OwnLearning> = Own extends {
  readonly [key in Key]?: infer List;
}
  ? List extends readonly (infer Definition)[]
    ? Definition
    : never
  : never;

/** An object that names a definition under `Key`, with its options; one object type per definition. */
type Named<Key extends 'name' | 'rule', Definition> = Definition extends {
  readonly name: infer Name;
  readonly options: infer Schema extends z.ZodObject;
}
  ? Readonly<Record<Key, Name> & Pick<z.input<Schema>, keyof z.input<Schema> & keyof Schema['shape']>>
  : never;

/** A strategy as a program writes it: its name, or an object with its name and options. */
export type StrategyInput<Own extends OwnLearning = NoOwn> =
  | Named<'name', BuiltInStrategy | OwnUnder<'strategies', Own>>
  | Named<'name', BuiltInStrategy | OwnUnder<'strategies', Own>>['name'];

/** Groups as a program writes them: their number, and a rule with its options. */
export type GroupsInput<Own extends OwnLearning = NoOwn> = Named<'rule', BuiltInRule | OwnUnder<'rules', Own>> &
  Pick<GroupsConfig, 'count' | 'minSums'>;

/** A task as a program writes it: fields that have a default, or follow from others, may be left out. */
export type TaskInput<Own extends OwnLearning = NoOwn> = Readonly<
  Omit<z.input<ReturnType<typeof taskSchema>>, 'strategy' | 'groups'>
> & {
  readonly strategy?: StrategyInput<Own>;
  readonly groups?: GroupsInput<Own>;
};

/** A configuration as a program writes it; {@link parseConfig} checks it and fills in missing fields. */
export type ConfigInput<Own extends OwnLearning = NoOwn> = Readonly<
  Omit<z.input<ReturnType<typeof configSchema>>, 'tasks'>
> & {
  readonly tasks: readonly TaskInput<Own>[];
};

/**
 * Returns the configuration unchanged, checked by the compiler: an unknown key or a value of the wrong type does not
 * compile, including in the options of strategies and rules. For modules that export one as their default, and for
 * programs that pass one to {@link parseConfig}, which checks what types cannot express, such as that a quorum fits its
 * cohort.
 * @param own - the user's own strategies and rules that the tasks name, so that their names and options are known.
 * {@link parseConfig} and {@link createCoordinator}, or `--learning`, must still be given them.
 * @throws CairnError `config-invalid` if one of the user's own has a name that is taken
 */
export function defineConfig<Own extends OwnLearning = NoOwn>(config: ConfigInput<Own>, own?: Own): ConfigInput<Own> {
  registryOf(own);
  return config;
}
