import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { configSchema } from '../../coordinator/config/schema.ts';

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

/** Options of single strategies, which the papers name. */
const OF_STRATEGIES = ['learningRate', 'momentum', 'beta1', 'beta2', 'tau'];

describe('docs/configuration.md', () => {
  const keys = [...new Set(keysOf(configSchema))].filter((key) => !OF_STRATEGIES.includes(key));

  it('knows many keys', () => {
    expect(keys.length).toBeGreaterThan(70);
    expect(keys).toEqual(expect.arrayContaining(['tasks', 'cohort', 'adaptiveClip', 'quantile', 'trim', 'perAddress']));
  });

  it.each(keys)('says what %s is', (key) => {
    expect(text).toMatch(new RegExp(`[\`"]${key}[\`"]`));
  });
});
