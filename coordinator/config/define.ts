import type { z } from 'zod';
import type { configSchema, taskSchema } from './schema.ts';

/**
 * A strategy as a program writes it: its name, or an object with its name and options. These belong to the strategy, which
 * may be the user's own, so that only {@link parseConfig} can check them.
 */
export type StrategyInput = string | { readonly name: string; readonly [option: string]: unknown };

/** A task as a program writes it: what has a default, or follows from other fields, may be left out. */
export type TaskInput = Readonly<Omit<z.input<ReturnType<typeof taskSchema>>, 'strategy'>> & {
  readonly strategy?: StrategyInput;
};

/** A configuration as a program writes it; {@link parseConfig} checks it and fills in what is left out. */
export type ConfigInput = Readonly<Omit<z.input<ReturnType<typeof configSchema>>, 'tasks'>> & {
  readonly tasks: readonly TaskInput[];
};

/**
 * The configuration as it is, held to its type: a key that there is not, or a value of another kind, does not compile.
 * For modules that export one as their default, and for programs that hand one to {@link parseConfig}, which checks what
 * types cannot say, such as that a quorum fits its cohort.
 */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
