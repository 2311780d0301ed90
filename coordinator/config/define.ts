import type { z } from 'zod';
import {
  type BuiltInRule,
  type BuiltInStrategy,
  type GroupsConfig,
  type OwnLearning,
  registryOf,
} from '../../learning/index.ts';
import type { configSchema, taskSchema } from './schema.ts';

/** No strategies and rules but those that come with Cairn. */
type NoOwn = { readonly [key in keyof OwnLearning]?: undefined };

/** The definitions under a key of a user's own. */
type OwnUnder<Key extends keyof OwnLearning, Own extends OwnLearning> = Own extends {
  readonly [key in Key]?: infer List;
}
  ? List extends readonly (infer Definition)[]
    ? Definition
    : never
  : never;

/** An object that names a definition under `Key`, with that one's options; one kind of object for each definition. */
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

/** A task as a program writes it: what has a default, or follows from other fields, may be left out. */
export type TaskInput<Own extends OwnLearning = NoOwn> = Readonly<
  Omit<z.input<ReturnType<typeof taskSchema>>, 'strategy' | 'groups'>
> & {
  readonly strategy?: StrategyInput<Own>;
  readonly groups?: GroupsInput<Own>;
};

/** A configuration as a program writes it; {@link parseConfig} checks it and fills in what is left out. */
export type ConfigInput<Own extends OwnLearning = NoOwn> = Readonly<
  Omit<z.input<ReturnType<typeof configSchema>>, 'tasks'>
> & {
  readonly tasks: readonly TaskInput<Own>[];
};

/**
 * The configuration as it is, held to its type: a key that there is not, or a value of another kind, does not compile, in
 * the options of strategies and rules, too. For modules that export one as their default, and for programs that hand one
 * to {@link parseConfig}, which checks what types cannot say, such as that a quorum fits its cohort.
 * @param own - strategies and rules of one's own that the tasks name, so that their names and options are known.
 * {@link parseConfig} and {@link createCoordinator}, or `--learning`, are given them all the same.
 * @throws CairnError `config-invalid` where one of one's own has a name that is taken
 */
export function defineConfig<Own extends OwnLearning = NoOwn>(config: ConfigInput<Own>, own?: Own): ConfigInput<Own> {
  registryOf(own);
  return config;
}
