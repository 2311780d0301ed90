import { z } from 'zod';
import { utf8 } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/wire/index.ts';

/** A member's name: for people, so nothing invisible in it, and never only digits, which would be an id. */
export const nameSchema = z
  .string()
  .refine((name) => /^[^\p{C}\p{Z}]([^\p{C}]*[^\p{C}\p{Z}])?$/u.test(name), {
    error: 'must be text without control characters, and without spaces at its ends',
  })
  .refine((name) => !/^\d+$/.test(name), { error: 'must not be a number: members have one beside their name' })
  .refine((name) => utf8(name).length <= LIMITS.name, { error: `must have at most ${LIMITS.name} bytes` });

/** @throws CairnError `usage` */
export function checkedName(name: string): string {
  const parsed = nameSchema.safeParse(name);
  if (parsed.success) return name;
  throw new CairnError('usage', `the name ${parsed.error.issues[0]!.message}`, { hint: 'such as ward-7 or "Ward 7"' });
}

/**
 * The default path of a member's file.
 * @throws CairnError `usage` for a name that is no good as a file's
 */
export function fileOf(name: string, kind: 'identity' | 'request'): string {
  if (/^\w[\w.-]*$/.test(name)) return `${name}.${kind}.json`;
  throw new CairnError('usage', `"${name}" is no good as the name of a file`, { hint: 'name the file with --out' });
}
