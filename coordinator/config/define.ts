import type { z } from 'zod';
import type { configSchema, taskSchema } from './schema.ts';

/**
 * A strategy as a program writes it: its name, or an object with its name and options. The options depend on the
 * strategy, which may be the user's own, so that only {@link parseConfig} can check them.
 */
export type StrategyInput = string | { readonly name: string; readonly [option: string]: unknown };

/** A task as a program writes it: fields that have a default, or follow from others, may be left out. */
export type TaskInput = Readonly<Omit<z.input<ReturnType<typeof taskSchema>>, 'strategy'>> & {
  readonly strategy?: StrategyInput;
};

/** A configuration as a program writes it; {@link parseConfig} checks it and fills in missing fields. */
export type ConfigInput = Readonly<Omit<z.input<ReturnType<typeof configSchema>>, 'tasks'>> & {
  readonly tasks: readonly TaskInput[];
};

/**
 * Returns the configuration unchanged, checked by the compiler: an unknown key or a value of the wrong type does not
 * compile. For modules that export one as their default, and for programs that pass one to {@link parseConfig}, which
 * checks what types cannot express, such as that a quorum fits its cohort.
 */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
