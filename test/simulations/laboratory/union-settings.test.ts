import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configError } from '../../../protocol/issues.ts';

const whole = z.int().min(1).max(100);
const schema = z.object({
  clients: z.union([whole, z.array(whole).min(1)]),
  pick: z.array(z.union([z.literal(2), z.literal(11)])).default([]),
  named: z.union([z.number(), z.boolean()], { error: 'expected what the task needs' }).default(1),
});

const messageOf = (value: Readonly<Record<string, unknown>>): string =>
  configError(schema.safeParse({ clients: 1, ...value }).error!.issues, { clients: 1, ...value }).message;

describe('a value that a union takes in none of its ways', () => {
  it.each<[unknown, string]>([
    [Number.NaN, 'clients: expected a number or a list, but it is NaN'],
    [Infinity, 'clients: expected a number or a list, but it is Infinity'],
    ['many', 'clients: expected a number or a list, but it is "many"'],
    [undefined, 'clients: expected a number or a list, but it is missing'],
    [1.5, 'clients: expected an integer or a list, but it is 1.5'],
    [0, 'clients: expected at least 1, but it is 0'],
    [[], 'clients: expected at least 1 entry, but it is []'],
    [[3, 101], 'clients[1]: expected at most 100, but it is 101'],
    [[3, 'x'], 'clients[1]: expected a number, but it is "x"'],
  ])('is refused with what was expected: %s', (clients, message) => {
    expect(messageOf({ clients })).toBe(message);
  });

  it('inside a list is named with its place', () => {
    expect(messageOf({ pick: [2, 3] })).toBe('pick[1]: expected 2 or 11, but it is 3');
  });

  it('is refused in the schema’s own words, where it has some', () => {
    expect(messageOf({ named: 'x' })).toBe('named: expected what the task needs');
  });
});
