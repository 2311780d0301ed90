import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configErrors, expectedOf, type Issue, pathText, shownValue, valueAt } from '../../protocol/issues.ts';

const issueOf = (schema: z.ZodType, value: unknown): Issue => schema.safeParse(value).error!.issues[0]!;

describe('what a schema expected', () => {
  it.each<[z.ZodType, unknown, string | undefined]>([
    [z.int(), 1.5, 'an integer'],
    [z.array(z.int()), {}, 'a list'],
    [z.record(z.string(), z.int()), 1, 'an object'],
    [z.boolean(), 1, 'true or false'],
    [z.number().gt(0), 0, 'more than 0'],
    [z.number().max(2), 3, 'at most 2'],
    [z.string().min(1), '', 'at least 1 character'],
    [z.array(z.int()).max(1), [1, 2], 'at most 1 entry'],
    [z.array(z.int()).max(2), [1, 2, 3], 'at most 2 entries'],
    [z.enum(['a', 'b']), 'c', 'one of "a", "b"'],
    [z.literal('a'), 'c', '"a"'],
    [z.int().refine(() => false, 'odd'), 2, undefined],
  ])('%# is said in words', (schema, value, words) => {
    expect(expectedOf(issueOf(schema, value))).toBe(words);
  });

  it('may list what is allowed in either way', () => {
    expect(expectedOf(issueOf(z.enum(['a', 'b']), 'c'), 'or')).toBe('"a" or "b"');
  });
});

describe('where something is wrong, and what came', () => {
  it('is a path as a program would write it, and what it leads to', () => {
    expect(pathText(['tasks', 0, 'deadlines'])).toBe('tasks[0].deadlines');
    expect(valueAt({ tasks: [{ deadlines: 3 }] }, ['tasks', 0, 'deadlines'])).toBe(3);
    expect(valueAt({ tasks: 1 }, ['tasks', 0, 'deadlines'])).toBeUndefined();
  });

  it.each([
    [undefined, 'it is missing'],
    [NaN, 'it is NaN'],
    ['x'.repeat(80), `it is "${'x'.repeat(59)}…`],
    [() => 1, 'it is a function'],
  ])('%# is shown in one short line', (value, words) => {
    expect(shownValue(value)).toBe(words);
  });
});

it('a misspelt key is named once, and not as a missing field beside it', () => {
  const schema = z.strictObject(
    { rounds: z.int() },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys' ? 'unknown key "round"; did you mean "rounds"?' : undefined,
    },
  );
  const value = { round: 1 };
  const errors = configErrors(schema.safeParse(value).error!.issues, value);
  expect(errors.map(({ code, message }) => [code, message])).toEqual([
    ['config-unknown-key', 'the configuration: unknown key "round"; did you mean "rounds"?'],
  ]);
});
