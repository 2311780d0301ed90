import { z } from 'zod';
import { restoredDivergences } from '../../protocol/privacy/index.ts';
import { LIMITS } from '../../protocol/wire/index.ts';
import { CLOSED_DIGITS, MAX_CLOSED, MAX_IDS, MAX_MODELS, MAX_SESSIONS } from './models.ts';
import { idsFromRanges, rangesText } from './ranges.ts';
import { areWithinBounds, type ConsentRecord, MAX_ROUNDS_PER_DAY, NO_RECORD, withOpened } from './record.ts';

const ids = z.string().transform((text, context) => {
  const read = text === '' ? [] : idsFromRanges(text, LIMITS.members);
  if (read !== undefined) return read;
  context.addIssue({ code: 'custom', message: 'no list of ids' });
  return z.NEVER;
});

/** Whether all of these are different. */
const areDifferent = (keys: readonly unknown[]): boolean => new Set(keys).size === keys.length;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const times = z.array(z.int().min(0));
const divergences = z.array(z.number().min(0)).transform((kept, context) => {
  const restored = restoredDivergences(kept);
  if (restored !== undefined) return [...restored];
  context.addIssue({ code: 'custom', message: 'no divergences at the accountant’s orders' });
  return z.NEVER;
});
const rounds = z.int().min(0);
const accounts = z.array(
  z.strictObject({
    ...{ task: z.string(), divergences, inside: divergences },
    ...{ bare: rounds, central: rounds, distributed: rounds },
  }),
);
const task = z.string().max(LIMITS.name);

const session = z.strictObject({
  ...{ settingsHash: hash, root: hash, ids, graph: z.enum(['complete', 'ring']) },
  ...{ degree: z.int().min(1).max(LIMITS.members), threshold: z.int().min(1).max(LIMITS.members) },
});

const model = z.strictObject({
  point: hash,
  inputs: z
    .array(z.strictObject({ repeat: z.int().min(0).max(255), input: hash, terms: hash }))
    .refine((inputs) => areDifferent(inputs.map(({ repeat }) => repeat))),
  signed: z.strictObject({ members: ids, sessions: z.array(session).max(MAX_SESSIONS), proven: ids }).optional(),
  session: hash.optional(),
});

/** Sixteen bytes each, concatenated. */
const closed = z
  .string()
  .regex(/^[0-9a-f]*$/)
  .refine((text) => text.length % CLOSED_DIGITS === 0 && text.length <= CLOSED_DIGITS * MAX_CLOSED)
  .transform((text) =>
    Array.from({ length: text.length / CLOSED_DIGITS }, (_, i) =>
      text.slice(i * CLOSED_DIGITS, (i + 1) * CLOSED_DIGITS),
    ),
  );

/**
 * What is never written is not read: a repeated model would have two sets, and without the bounds there would be no
 * limit.
 */
const current = z.strictObject({
  version: z.literal(3),
  rounds: times,
  rebased: z.array(z.strictObject({ at: z.int().min(0), point: hash })).max(MAX_ROUNDS_PER_DAY),
  models: z
    .array(model)
    .max(MAX_MODELS)
    .refine((models) => areDifferent(models.map(({ point }) => point))),
  closed,
  opened: z
    .array(z.strictObject({ task, terms: z.union([hash, z.literal('')]), members: ids }))
    .max(MAX_IDS)
    .refine(areWithinBounds),
  accounts,
});

/** Version 2 recorded the scales of a sum among its terms; they no longer belong there. */
const second = z.strictObject({ ...current.shape, version: z.literal(2) });

/** Version 1 identified a sum's model by its file, and recorded terms in another encoding: neither is of use now. */
const first = z.strictObject({
  version: z.literal(1),
  sent: times,
  opened: z.array(z.strictObject({ task, model: hash, terms: hash, members: ids })),
  accounts,
});

/** The text of a file that remembers rounds. */
export function recordText({ rounds, rebased, models, closed, opened, accounts }: ConsentRecord): string {
  const file = {
    version: 3,
    ...{ rounds, rebased },
    models: models.map(({ point, inputs, signed, session: latest }) => ({
      ...{ point, inputs },
      ...(latest === undefined ? {} : { session: latest }),
      ...(signed === undefined
        ? {}
        : {
            signed: {
              members: rangesText(signed.members),
              sessions: signed.sessions.map((one) => ({ ...one, ids: rangesText(one.ids) })),
              proven: rangesText(signed.proven),
            },
          }),
    })),
    closed: closed.join(''),
    opened: opened.map((sum) => ({ ...sum, members: rangesText(sum.members) })),
    accounts,
  };
  return `${JSON.stringify(file)}\n`;
}

/** Reads what {@link recordText} writes, or wrote in an earlier version. @returns undefined for any other text */
export function recordFrom(text: string): ConsentRecord | undefined {
  const value = jsonOf(text);
  const now = current.safeParse(value);
  if (now.success) return recordOf(now.data);
  const earlier = second.safeParse(value);
  if (earlier.success) {
    const { opened, ...others } = earlier.data;
    return recordOf({
      ...others,
      opened: opened.reduce<ConsentRecord>((record, sum) => withOpened(record, { ...sum, terms: '' }), NO_RECORD)
        .opened,
    });
  }
  const before = first.safeParse(value);
  if (!before.success) return undefined;
  const { sent, opened, accounts } = before.data;
  return opened.reduce<ConsentRecord>((record, { task, members }) => withOpened(record, { task, terms: '', members }), {
    ...NO_RECORD,
    ...{ rounds: sent, accounts },
  });
}

/** The record in a file's fields. */
function recordOf({
  rounds,
  rebased,
  models,
  closed,
  opened,
  accounts,
}: Omit<z.infer<typeof current>, 'version' | 'opened'> & Pick<ConsentRecord, 'opened'>): ConsentRecord {
  return {
    ...{ rounds, rebased, closed, opened, accounts },
    models: models.map(({ point, inputs, signed, session: latest }) => ({
      ...{ point, inputs, signed },
      ...(latest === undefined ? {} : { session: latest }),
    })),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
