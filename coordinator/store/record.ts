import { z } from 'zod';
import { CairnError } from '../../protocol/errors.ts';
import { ORDERS } from '../../protocol/privacy/index.ts';
import { STRATEGY_NAMES } from '../strategies/index.ts';
import type { TaskRecord } from './types.ts';

const count = z.int().min(0).max(255);
const ids = z.array(z.int().min(1).max(0xffff_ffff)).readonly();

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
  strategy: z.enum(STRATEGY_NAMES),
  /** File of the strategy's vectors, in the same folder. */
  stateFile: z
    .string()
    .regex(/^[A-Za-z0-9._-]+$/)
    .optional(),
  privacy: z
    .strictObject({
      divergences: z.array(z.number().min(0)).length(ORDERS.length).readonly(),
      inside: z.array(z.number().min(0)).length(ORDERS.length).readonly(),
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

/** A task's record as it stands in its file. */
export type SavedTask = z.infer<typeof savedTask>;

/**
 * Reads a record without its vectors.
 * @throws CairnError `config-unreadable` for anything but the record of that task
 */
export function recordFrom(
  path: string,
  task: string,
  bytes: Uint8Array,
): { readonly stateFile: string | undefined; readonly record: TaskRecord } {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw unreadable(path, 'it is not JSON', cause);
  }
  const parsed = savedTask.safeParse(value);
  if (!parsed.success) throw unreadable(path, 'it is not a task’s record', parsed.error);
  const { stateFile, round, modelHash, strategy, privacy, pending, scales, untrained } = parsed.data;
  if (parsed.data.task !== task) throw unreadable(path, `it belongs to task "${parsed.data.task}"`, undefined);
  const record = {
    ...{ task, round, modelHash, strategy, strategyState: {} },
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
    hint: 'restore the file from a copy, or choose another dataDir to start anew',
  });
}
