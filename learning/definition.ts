import type { z } from 'zod';
import { CairnError } from '../protocol/errors.ts';

/** Lower-case letters, digits and hyphens: a name is written in configurations and kept in records. */
export const DEFINED_NAME = /^[a-z][a-z0-9-]{0,63}$/;

/**
 * Something that a configuration names, with options of its own. `Name` and `Schema` are what `defineConfig` holds a
 * configuration to.
 */
export interface Definition<Made, Name extends string = string, Schema extends z.ZodObject = z.ZodObject> {
  readonly name: Name;
  /** Its options, without the name. */
  readonly options: Schema;
  /**
   * Makes it.
   * @param options as a configuration has them; those that are left out have their defaults
   * @throws CairnError `config-invalid` for options that the schema refuses
   */
  create(options: Readonly<Record<string, unknown>>): Made;
}

/**
 * Options by a definition's schema.
 * @throws CairnError `config-invalid` naming the first option that the schema refuses
 */
export function readOptions<Schema extends z.ZodObject>(
  name: string,
  schema: Schema,
  options: Readonly<Record<string, unknown>>,
): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new CairnError('config-invalid', `${[name, ...issue.path.map(String)].join('.')}: ${issue.message}`, {
    cause: parsed.error,
  });
}

/** @throws CairnError `config-invalid` for a name that a configuration could not hold */
export function assertName(name: string): void {
  if (DEFINED_NAME.test(name)) return;
  throw new CairnError('config-invalid', `"${name}" is no name for a strategy or rule`, {
    hint: 'use lower-case letters, digits and hyphens, at most 64, and begin with a letter',
  });
}
