import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { CairnError } from '../../protocol/errors.ts';
import { ORDERS } from '../../protocol/privacy/index.ts';
import { LIMITS } from '../../protocol/wire/limits.ts';
import { locked } from '../enrolment/lock.ts';
import { replacePrivate } from '../enrolment/private-file.ts';
import type { ConsentMemory } from './memory.ts';
import { idsFromRanges, rangesText } from './ranges.ts';
import { type ConsentRecord, NO_RECORD } from './record.ts';

const members = z.string().transform((text, context) => {
  const ids = idsFromRanges(text, LIMITS.members);
  if (ids !== undefined) return ids;
  context.addIssue({ code: 'custom', message: 'no list of ids' });
  return z.NEVER;
});

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const divergences = z.array(z.number().min(0)).length(ORDERS.length);
const rounds = z.int().min(0);

const format = z.strictObject({
  version: z.literal(1),
  sent: z.array(z.int().min(0)),
  opened: z.array(z.strictObject({ task: z.string().max(LIMITS.name), model: hash, terms: hash, members })),
  accounts: z.array(
    z.strictObject({
      ...{ task: z.string(), divergences, inside: divergences },
      ...{ bare: rounds, central: rounds, distributed: rounds },
    }),
  ),
});

/** Where the rounds of an identity are remembered: beside its identity file. */
export const consentPath = (identityFile: string): string => `${identityFile}.rounds`;

/**
 * Remembers in a file, for its owner alone: whose updates were summed together is nobody else's business. A file that
 * cannot be read stops the client from taking part: without it rounds would go uncounted.
 * @throws CairnError (when it is used) `config-invalid` for another format, `config-unreadable`, `folder-unwritable`
 */
export function consentInFile(path: string): ConsentMemory {
  return {
    read: () => read(path),
    change: (edit) => locked(path, async () => replacePrivate(path, textOf(edit(await read(path))))),
  };
}

function textOf({ sent, opened, accounts }: ConsentRecord): string {
  const sums = opened.map((sum) => ({ ...sum, members: rangesText(sum.members) }));
  return `${JSON.stringify({ version: 1, sent, opened: sums, accounts })}\n`;
}

async function read(path: string): Promise<ConsentRecord> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return NO_RECORD;
    throw new CairnError('config-unreadable', `${path}: ${(cause as Error).message}`, { cause });
  }
  const parsed = format.safeParse(jsonOf(text));
  if (parsed.success) {
    const { sent, opened, accounts } = parsed.data;
    return { sent, opened, accounts };
  }
  throw new CairnError('config-invalid', `${path} is not a record of rounds taken part in`, {
    hint: 'restore it; if it is removed, earlier rounds do not count any more',
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
