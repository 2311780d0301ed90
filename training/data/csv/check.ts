import { z } from 'zod';
import { CairnError } from '../../../protocol/errors.ts';
import { expectedOf, shownValue, valueAt } from '../../../protocol/issues.ts';
import { didYouMean } from '../../../protocol/suggest.ts';
import { unsound } from './fault.ts';
import type { CsvOptions } from './options.ts';

const number = z.number().refine((value) => Number.isFinite(Math.fround(value)), 'must fit a 32-bit float');
const value = z.union([z.string(), z.number()]);
const values = z.array(value);

const shapes = {
  number: { type: z.literal('number'), mean: number.optional(), std: number.gt(0).optional(), fill: number.optional() },
  category: { type: z.literal('category'), values, fill: value.optional() },
  label: { type: z.literal('label'), values: values.optional() },
};

const shape = {
  columns: z.record(z.string(), z.unknown()),
  others: z.enum(['refuse', 'ignore']).optional(),
  header: z.array(z.string()).min(1).optional(),
  separator: z.enum([',', ';', '\t']).optional(),
  decimal: z.enum(['.', ',']).optional(),
  thousands: z.enum([',', '.', ' ', "'"]).optional(),
  missing: z.array(z.string()).optional(),
  encoding: z.string().optional(),
  name: z.string().optional(),
};

function complaint(where: string, error: z.ZodError, given: unknown, known: readonly string[]): CairnError {
  // A misspelt key looks missing, too.
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0];
  const at = [where, ...issue!.path.map(String)].filter((part) => part !== '').join('.');
  if (issue!.code === 'unrecognized_keys') {
    const [key] = issue.keys;
    return new CairnError(
      'config-unknown-key',
      `CSV options: ${where === '' ? '' : `${where}: `}unknown key "${key}"`,
      {
        hint: didYouMean(key!, known),
      },
    );
  }
  if (issue!.code === 'custom') return unsound(`${at}: ${issue.message}`);
  return unsound(
    `${at}: expected ${expectedOf(issue!) ?? issue!.message}, but ${shownValue(valueAt(given, issue!.path))}`,
  );
}

/**
 * Checks options that may come from JavaScript or from a JSON file.
 * @throws CairnError `config-unknown-key` with the key that was probably meant, `config-invalid` naming the field
 */
export function checkOptions(options: CsvOptions): void {
  const parsed = z.strictObject(shape).safeParse(options);
  if (!parsed.success) throw complaint('', parsed.error, options, Object.keys(shape));
  for (const [name, given] of Object.entries(options.columns)) {
    if (given === 'number' || given === 'ignore') continue;
    const type = (given as { readonly type?: unknown } | null)?.type;
    const known =
      typeof type === 'string' && Object.hasOwn(shapes, type) ? shapes[type as keyof typeof shapes] : undefined;
    if (known === undefined) {
      throw unsound(
        `column "${name}" must be "number", "ignore", or an object with a type of number, category or label`,
        'such as { type: "category", values: ["A", "B"] }',
      );
    }
    const checked = z.strictObject(known).safeParse(given);
    if (!checked.success) throw complaint(`column "${name}"`, checked.error, given, Object.keys(known));
  }
}
