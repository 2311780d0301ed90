import { z } from 'zod';
import { utf8 } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/wire/index.ts';

/** A member's name: for display, so without invisible characters, and never only digits, which would be an id. */
export const nameSchema = z
  .string()
  .refine((name) => /^[^\p{C}\p{Z}]([^\p{C}]*[^\p{C}\p{Z}])?$/u.test(name), {
    error: 'must be text without control characters, and without leading or trailing spaces',
  })
  .refine((name) => !/^\d+$/.test(name), { error: 'must not be a number: members have one as their id' })
  .refine((name) => utf8(name).length <= LIMITS.name, { error: `must have at most ${LIMITS.name} bytes` });

/** @throws CairnError `usage` */
export function checkedName(name: string): string {
  const parsed = nameSchema.safeParse(name);
  if (parsed.success) return name;
  throw new CairnError('usage', `the name ${parsed.error.issues[0]!.message}`, { hint: 'such as ward-7 or "Ward 7"' });
}

/**
 * The default path of a member's file.
 * @throws CairnError `usage` for a name that cannot be a file name
 */
export function fileOf(name: string, kind: 'identity' | 'request'): string {
  if (/^\w[\w.-]*$/.test(name)) return `${name}.${kind}.json`;
  throw new CairnError('usage', `"${name}" cannot be used as a file name`, { hint: 'set the file with --out' });
}
