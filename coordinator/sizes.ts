import { totalmem } from 'node:os';
import { inputLength } from '../protocol/rounds/index.ts';
import { SIZES } from '../protocol/crypto/index.ts';
import { packedLength } from '../protocol/kernels/index.ts';
import { HEADER_LENGTH, type UntrainedRange } from '../protocol/wire/index.ts';
import { SEALED_SHARES_LENGTH, SHARE_KEYS_FIELDS } from '../protocol/schemes/secagg/index.ts';
import { maxGroup } from '../learning/index.ts';
import type { TaskConfig } from './config/index.ts';

/** Maximum bytes of the fields before a masked input's vector, or before a list of shares. */
const FIELDS = SHARE_KEYS_FIELDS;

/**
 * Bytes of the largest message that a client of a task may send: its masked input, or in large rounds of small models
 * its shares. An upload that announces more is refused before its first byte.
 */
export function largestMessage(task: TaskConfig, dimension: number, untrained: readonly UntrainedRange[] = []): number {
  const { adaptiveClip } = task.privacy ?? {};
  const noisy = task.privacy === undefined ? {} : { privacy: { bitWidth: adaptiveClip?.bitWidth ?? 0 } };
  const input = packedLength(inputLength({ dimension, untrained, ...noisy }), task.modulusBits);
  const shares = maxGroup(task) * Math.max(SEALED_SHARES_LENGTH, SIZES.share);
  return HEADER_LENGTH + FIELDS + Math.max(input, shares);
}

/** Bytes that uploads may take while they are assembled, if that allows more of them than {@link MIN_UPLOADS}. */
const UPLOAD_BYTES = 64 * 1024 * 1024;

/** Fewer uploads at a time would leave the coordinator idle whenever one client is slow. */
const MIN_UPLOADS = 4;

/** Part of the memory above which a warning is logged about uploads. */
const MUCH_OF_MEMORY = 1 / 8;

/**
 * How many messages may be assembled at a time, and whether they take a large part of the memory.
 * @param memory available bytes
 * @param largest bytes of the largest message
 */
export function uploadsWithin(
  memory: number,
  largest: number,
): { readonly atOnce: number; readonly fillMemory: boolean } {
  const atOnce = Math.max(MIN_UPLOADS, Math.floor(UPLOAD_BYTES / largest));
  return { atOnce, fillMemory: atOnce * largest > MUCH_OF_MEMORY * memory };
}

/** Bytes of memory available to this process: the machine's, or its container's. */
export function availableMemory(): number {
  const constrained = process.constrainedMemory();
  // Without a constraint it is 0, or more than any machine has.
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
