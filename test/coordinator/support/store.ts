import { createHash } from 'node:crypto';
import type { RoundReport } from '../../../coordinator/report.ts';
import type { PendingRecord, TaskRecord } from '../../../coordinator/store/types.ts';

/** Bytes of a model, or of anything. */
export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** A report of a committed round. */
export const report = (task: string, round: number): RoundReport => ({
  task,
  round,
  attempt: 1,
  outcome: 'committed',
  startedAt: '2026-01-01T00:00:00.000Z',
  members: { invited: 3, advertised: 3, shared: 3, input: 3, unmasked: 3 },
  drops: [],
  included: 3,
  bytesUp: 1,
  bytesDown: 2,
  ms: 3,
  states: {},
  modelHash: 'ab'.repeat(32),
});

/** A record of task `digits.v1`. */
export const record = (round: number, strategyState: TaskRecord['strategyState'] = {}): TaskRecord => ({
  task: 'digits.v1',
  round,
  modelHash: createHash('sha256').update(bytes(round)).digest('hex'),
  strategy: 'fedadam',
  strategyState,
});

/** What may be pending with a record. */
export const PENDING: PendingRecord = {
  modelHash: 'cd'.repeat(32),
  repeat: 1,
  rebases: 2,
  sets: [
    { members: [1, 2, 4_000_000_000], proven: [2], proofs: ['00ff'], spent: false },
    { members: [7, 8, 9], proven: [], proofs: [], spent: true },
  ],
};
