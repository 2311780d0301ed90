import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { configSchema } from '../../coordinator/config/schema.ts';
import { BUILT_IN } from '../../learning/index.ts';

const text = await readFile('docs/configuration.md', 'utf8');

/** The schema inside of defaults, options and checks. */
function inner(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod as {
    readonly def: { readonly innerType?: z.core.$ZodType; readonly out?: z.core.$ZodType };
  };
  const next = def.innerType ?? def.out;
  return next === undefined ? schema : inner(next);
}

interface Definition {
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly element?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
}

/** Names of all keys of a schema and of what is in it. */
function keysOf(schema: z.core.$ZodType): string[] {
  const { shape, element, options } = (inner(schema)._zod as { readonly def: Definition }).def;
  if (element !== undefined) return keysOf(element);
  if (options !== undefined) return options.flatMap(keysOf);
  return Object.entries(shape ?? {}).flatMap(([key, value]) => [key, ...keysOf(value)]);
}

/** Keys of `groups`: those of every rule, and those of one. Options of single strategies are the papers'. */
const OF_GROUPS = [...BUILT_IN.rules.values()].flatMap(({ options }) => Object.keys(options.shape));

describe('docs/configuration.md', () => {
  const keys = [...new Set([...keysOf(configSchema(BUILT_IN)), 'rule', 'count', 'minSums', ...OF_GROUPS])];

  it('knows many keys', () => {
    expect(keys.length).toBeGreaterThan(70);
    expect(keys).toEqual(expect.arrayContaining(['tasks', 'cohort', 'adaptiveClip', 'quantile', 'trim', 'perAddress']));
  });

  it.each(keys)('says what %s is', (key) => {
    expect(text).toMatch(new RegExp(`[\`"]${key}[\`"]`));
  });

  it.each([...BUILT_IN.strategies.keys(), ...BUILT_IN.rules.keys()])('names %s, which the registry has', (name) => {
    expect(text).toMatch(new RegExp(`[\`"]${name}[\`"]`));
  });
});
