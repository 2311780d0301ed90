import { z } from 'zod';
import { readJson } from '../../protocol/json.ts';
import { CairnError } from '../../protocol/errors.ts';
import { restoredDivergences } from '../../protocol/privacy/index.ts';
import { DEFINED_NAME } from '../../learning/index.ts';
import type { TaskRecord } from './types.ts';

const count = z.int().min(0).max(255);
const ids = z.array(z.int().min(1).max(0xffff_ffff)).readonly();

const divergences = z.array(z.number().min(0)).transform((kept, context): readonly number[] => {
  const restored = restoredDivergences(kept);
  if (restored !== undefined) return restored;
  context.addIssue({ code: 'custom', message: 'expected one divergence for each of the accountant’s orders' });
  return z.NEVER;
});

const savedPending = z.strictObject({
  modelHash: z.string().regex(/^[0-9a-f]{64}$/),
  repeat: count,
  rebases: count,
  sets: z
    .array(
      z.strictObject({
        members: ids,
        proven: ids,
        proofs: z.array(z.string().regex(/^(?:[0-9a-f]{2})+$/)).readonly(),
        spent: z.boolean(),
      }),
    )
    .readonly(),
});

const savedTask = z.strictObject({
  version: z.literal(1),
  task: z.string(),
  round: z.int().min(0),
  modelHash: z.string().regex(/^[0-9a-f]{64}$/),
  date: z.int().min(0).optional(),
  /** Any name that could be defined: a record must stay readable for a coordinator without its strategy. */
  strategy: z.string().regex(DEFINED_NAME),
  /** File of the strategy's vectors, in the same folder. */
  stateFile: z
    .string()
    .regex(/^[A-Za-z0-9._-]+$/)
    .optional(),
  privacy: z
    .strictObject({
      divergences,
      inside: divergences,
      rounds: z.int().min(0),
      clip: z.number().gt(0),
      defect: z.number().min(0),
    })
    .optional(),
  pending: savedPending.optional(),
  scales: z
    .strictObject({
      maxExamples: z.int().min(1),
      lossBound: z.number().gt(0),
      untrained: z.array(z.number().gt(0)).readonly(),
    })
    .optional(),
  untrained: z.array(z.string()).readonly().optional(),
});

/** The hint for a damaged file of the store. */
export const RESTORE = 'restore the file from a copy, or choose another dataDir to start over';

/** A task's record as stored in its file. */
export type SavedTask = z.infer<typeof savedTask>;

/**
 * Reads a record without its vectors.
 * @throws CairnError `config-unreadable` for anything except the record of that task
 */
export function recordFrom(
  path: string,
  task: string,
  bytes: Uint8Array,
): { readonly stateFile: string | undefined; readonly record: TaskRecord } {
  const value = readJson(Buffer.from(bytes).toString('utf8'), path, { hint: RESTORE });
  const parsed = savedTask.safeParse(value);
  if (!parsed.success) throw unreadable(path, 'it is not a task’s record', parsed.error);
  const { stateFile, round, modelHash, date, strategy, privacy, pending, scales, untrained } = parsed.data;
  if (parsed.data.task !== task) throw unreadable(path, `it belongs to task "${parsed.data.task}"`, undefined);
  const record = {
    ...{ task, round, modelHash, strategy, strategyState: {} },
    ...(date === undefined ? {} : { date }),
    ...(privacy === undefined ? {} : { privacy }),
    ...(pending === undefined ? {} : { pending }),
    ...(scales === undefined ? {} : { scales }),
    ...(untrained === undefined ? {} : { untrained }),
  };
  return { stateFile, record };
}

function unreadable(path: string, reason: string, cause: unknown): CairnError {
  return new CairnError('config-unreadable', `${path} cannot be used: ${reason}`, {
    cause,
    hint: RESTORE,
  });
}
