import type { z } from 'zod';
import { CairnError } from '../protocol/errors.ts';
import { assertOptions } from '../protocol/options.ts';
import type { Named } from './own-code.ts';

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
function assertName(name: string): void {
  if (DEFINED_NAME.test(name)) return;
  throw new CairnError('config-invalid', `"${name}" is not a valid name for a strategy or rule`, {
    hint: 'use at most 64 lower-case letters, digits and hyphens, starting with a letter',
  });
}

/**
 * A definition's options must be read by a schema: a plain object of them would fail only when a configuration names it.
 * @throws CairnError `config-invalid`
 */
function assertSchema({ kind, name }: Named, options: unknown): void {
  const { shape, safeParse } = (options ?? {}) as { readonly shape?: unknown; readonly safeParse?: unknown };
  if (typeof shape === 'object' && shape !== null && typeof safeParse === 'function') return;
  throw new CairnError('config-invalid', `${kind} "${name}": its options must be a schema of zod for an object`, {
    hint: 'write options: z.object({ … }) with z of the package zod, and z.object({}) for none',
  });
}

/** @throws CairnError `config-unknown-key`, `config-invalid` for a definition that cannot be */
export function assertDefinition(kind: Named['kind'], definition: unknown): void {
  const called = kind === 'strategy' ? 'defineStrategy' : 'defineGroupRule';
  const kinds = { name: 'string', options: 'any', create: 'function' } as const;
  assertOptions<Record<keyof typeof kinds, unknown>>(`options of ${called}`, definition, kinds, ['name', 'create']);
  const { name, options } = definition;
  assertName(name as string);
  assertSchema({ kind, name: name as string }, options);
}
