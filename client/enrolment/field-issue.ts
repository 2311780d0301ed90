import type { z } from 'zod';

const NOUNS: Readonly<Record<string, string>> = {
  int: 'an integer',
  number: 'a number',
  string: 'a string',
  object: 'an object',
  boolean: 'true or false',
};

/** Whether a value has a field that its path leads to. */
function isThere(root: unknown, path: readonly PropertyKey[]): boolean {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[part];
  }
  return value !== undefined;
}

/**
 * What is wrong with a field of a file that may hold a secret: the field, and what it must be, in our own words and without
 * anything that stands in the file, not even its unknown keys.
 * @param root what stands in the file
 */
export function fieldIssue(issue: z.core.$ZodIssue, root: unknown): string {
  const field = issue.path.join('.');
  const at = field === '' ? 'it' : field;
  switch (issue.code) {
    case 'unrecognized_keys':
      return `${at} has ${issue.keys.length === 1 ? 'a field that does' : 'fields that do'} not belong there`;
    case 'invalid_type':
      return `${at} must be ${NOUNS[issue.expected] ?? issue.expected}, but is ${isThere(root, issue.path) ? 'something else' : 'missing'}`;
    case 'invalid_value':
      return `${at} must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_small':
      return `${at} must be at least ${issue.minimum}`;
    case 'too_big':
      return `${at} must be at most ${issue.maximum}`;
    default:
      return `${at} ${issue.message}`;
  }
}
