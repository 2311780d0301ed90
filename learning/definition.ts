import type { z } from 'zod';
import { CairnError } from '../protocol/errors.ts';

/** Lower-case letters, digits and hyphens: names appear in configurations and records. */
export const DEFINED_NAME = /^[a-z][a-z0-9-]{0,63}$/;

/**
 * Something that a configuration names, with its own options. `Name` and `Schema` are what `defineConfig` checks a
 * configuration against.
 */
export interface Definition<Made, Name extends string = string, Schema extends z.ZodObject = z.ZodObject> {
  readonly name: Name;
  /** Its options, without the name. */
  readonly options: Schema;
  /**
   * Creates it.
   * @param options as in a configuration; missing ones have their defaults
   * @throws CairnError `config-invalid` for options that the schema rejects
   */
  create(options: Readonly<Record<string, unknown>>): Made;
}

/**
 * Options by a definition's schema.
 * @throws CairnError `config-invalid` naming the first option that the schema rejects
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

/** @throws CairnError `config-invalid` for a name that a configuration could not use */
export function assertName(name: string): void {
  if (DEFINED_NAME.test(name)) return;
  throw new CairnError('config-invalid', `"${name}" is not a valid name for a strategy or rule`, {
    hint: 'use at most 64 lower-case letters, digits and hyphens, starting with a letter',
  });
}
