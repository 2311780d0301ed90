import { vectorLength } from '../protocol/aggregation/quantize/index.ts';
import { SIZES } from '../protocol/crypto/suite.ts';
import { packedLength } from '../protocol/kernels/index.ts';
import { HEADER_LENGTH } from '../protocol/wire/header.ts';
import { SEALED_SHARES_LENGTH } from '../protocol/wire/messages/share-keys.ts';
import type { TaskConfig } from './config/index.ts';

/** Bytes of the fields before a masked input's vector, or before a list of shares. */
const FIELDS = 8;

/**
 * Bytes of the largest message that a client of a task may send: its masked input, or in large rounds of small models
 * its shares. Whatever is longer is cut off by the transport before it is read.
 */
export function largestMessage(task: TaskConfig, dimension: number): number {
  const input = packedLength(vectorLength({ ...task, maxCohort: task.cohort, dimension }), task.modulusBits);
  const shares = task.cohort * Math.max(SEALED_SHARES_LENGTH, SIZES.share);
  return HEADER_LENGTH + FIELDS + Math.max(input, shares);
}
