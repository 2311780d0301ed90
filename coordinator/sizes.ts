import { inputLength } from '../protocol/aggregation/inputs/index.ts';
import { SIZES } from '../protocol/crypto/suite.ts';
import { packedLength } from '../protocol/kernels/index.ts';
import { HEADER_LENGTH } from '../protocol/wire/header.ts';
import { SEALED_SHARES_LENGTH, SHARE_KEYS_FIELDS } from '../protocol/wire/messages/share-keys.ts';
import type { TaskConfig } from './config/index.ts';

/** Most bytes of the fields before a masked input's vector, or before a list of shares. */
const FIELDS = SHARE_KEYS_FIELDS;

/**
 * Bytes of the largest message that a client of a task may send: its masked input, or in large rounds of small models
 * its shares. An upload that announces more is refused before its first byte.
 */
export function largestMessage(task: TaskConfig, dimension: number): number {
  const { adaptiveClip } = task.privacy ?? {};
  const noisy = task.privacy === undefined ? {} : { privacy: { bitWidth: adaptiveClip?.bitWidth ?? 0 } };
  const input = packedLength(inputLength({ dimension, ...noisy }), task.modulusBits);
  const shares = task.cohort * Math.max(SEALED_SHARES_LENGTH, SIZES.share);
  return HEADER_LENGTH + FIELDS + Math.max(input, shares);
}

/** Bytes that uploads may take while they are assembled, where that allows more of them than {@link LEAST_UPLOADS}. */
const UPLOAD_BYTES = 64 * 1024 * 1024;

/** Fewer uploads at a time would leave the coordinator idle whenever one client is slow. */
const LEAST_UPLOADS = 4;

/** How many messages of this length may be assembled at a time. */
export function uploadsAtATime(largest: number): number {
  return Math.max(LEAST_UPLOADS, Math.floor(UPLOAD_BYTES / largest));
}
