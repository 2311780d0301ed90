import { randomBytes } from 'node:crypto';
import { type FileHandle, realpath } from 'node:fs/promises';
import { CairnError } from '../../protocol/errors.ts';
import type { Demand, Side } from '../../protocol/mpc/dealer/index.ts';
import { type FileLock, lockFile, openPrivate } from '../../platform/index.ts';
import {
  correctionsOf,
  decodeHeader,
  type Header,
  HEADER_BYTES,
  ID_BYTES,
  pieceAt,
  pieceBytes,
  stateOf,
} from './format.ts';
import { PieceFile } from './piece-file.ts';
import { readAt } from './read-at.ts';
import { beginUsed, olderRecord, readUsed, usedPath } from './used.ts';

/** What the user of a file needs it for. */
export interface PieceUse {
  /** The plan's hash: 32 bytes. */
  readonly plan: Uint8Array;
  readonly batch: number;
  readonly side: Side;
  /** What the plan needs for one run. */
  readonly demands: readonly Demand[];
  /**
   * A digest of the weights that the file’s mask seed masks: needed on a side that masks any. The first one is kept,
   * and the file refuses any other, since two sets of weights under one mask tell their difference.
   */
  readonly model?: Uint8Array;
}

/**
 * Opens a dealer's file, for this process alone.
 * @throws CairnError `config-unreadable`, `key-file-mode` if other users have access; `dealt-file` if it is damaged, in
 * use, or does not fit its record; `dealt-mismatch` if it is of another plan, batch, side or model; `folder-unwritable`
 */
export async function openPieces(given: string, use: PieceUse): Promise<PieceFile> {
  const file = await openPrivate(given, 'r+');
  let lock: FileLock | undefined;
  try {
    // One lock and one record, by whatever name the file is reached.
    const path = await realpath(given);
    lock = await lockFile(`${path}.lock`, {
      wait: false,
      taken: (_, by) =>
        new CairnError(
          'dealt-file',
          `${path} is in use by another process${by === undefined ? '' : `, with process id ${by.pid}`}`,
          { hint: 'stop the other process, or give this one a file made for it' },
        ),
    });
    const begin = await readAt(file, 0, HEADER_BYTES, path);
    const header = decodeHeader(begin, path);
    await checkUse(path, file, header, use);
    const next = await checkRecord(path, file, header, use);
    if (next < header.count) {
      const piece = await readAt(file, pieceAt(header, next), pieceBytes(header), path);
      if (stateOf(begin, next, piece) === 'used') throw olderRecord(path, next);
      piece.fill(0);
    }
    return new PieceFile({ path, file, lock, header, begin, demands: use.demands, next });
  } catch (thrown) {
    await file.close();
    await lock?.release();
    throw thrown;
  }
}

const OTHER_PLAN =
  'the model and all options of its plan (system, network, reveal, fraction, ring, calibration) must be those that the dealer was given';

async function checkUse(path: string, file: FileHandle, header: Header, use: PieceUse): Promise<void> {
  const { size } = await file.stat();
  const expected = pieceAt(header, header.count);
  if (size !== expected) {
    throw new CairnError('dealt-file', `${path} has ${size} bytes, and ${expected} were made`);
  }
  const mismatch = (text: string, hint?: string): CairnError =>
    new CairnError('dealt-mismatch', `${path} ${text}`, hint === undefined ? {} : { hint });
  if (header.side !== use.side) throw mismatch(`is for the ${header.side} side, and this is the ${use.side} one`);
  if (!Buffer.from(header.plan).equals(use.plan)) throw mismatch('was dealt for another plan', OTHER_PLAN);
  if (header.batch !== use.batch) throw mismatch(`was dealt for ${header.batch} inputs at once, not ${use.batch}`);
  if (header.corrections !== correctionsOf(use.side, use.demands)) {
    throw mismatch('was dealt for other demands of this plan, by another version');
  }
}

/** Compares the file with the record of what was used of it, or begins one. @returns the first index never given */
async function checkRecord(path: string, file: FileHandle, header: Header, { model }: PieceUse): Promise<number> {
  if (header.maskSeed !== undefined && model === undefined) {
    throw new CairnError('dealt-mismatch', `${path} masks weights, and it was not said which`);
  }
  const mark = Buffer.from(await readAt(file, HEADER_BYTES, ID_BYTES, path));
  const opened = mark.some((byte) => byte !== 0);
  let used = await readUsed(path);
  if (used === undefined) {
    if (opened) {
      throw new CairnError(
        'dealt-file',
        `${path} has been used, and ${usedPath(path)}, which says how far, is missing`,
        {
          hint: 'put the record back beside the file it was written for, never an older copy; otherwise have the dealer make another pair',
        },
      );
    }
    const first = {
      version: 1,
      id: randomBytes(ID_BYTES).toString('hex'),
      pair: hex(header.pair),
      side: header.side,
      model: model === undefined ? null : hex(model),
    } as const;
    await beginUsed(path, first);
    used = { first, next: 0 };
  }
  const { id, pair, side, model: served } = used.first;
  if (pair !== hex(header.pair) || side !== header.side) {
    throw new CairnError('dealt-file', `${usedPath(path)} is the record of another file than ${path}`);
  }
  if (model !== undefined && served !== hex(model)) {
    throw new CairnError('dealt-mismatch', `${path} already serves another model, whose masks would give away both`, {
      hint: 'have the dealer make another pair for this model',
    });
  }
  // The record comes first, so a crash in between leaves a file without a mark, as a copy put back does.
  if (!opened) {
    await file.write(Buffer.from(id, 'hex'), 0, ID_BYTES, HEADER_BYTES);
    await file.sync();
  } else if (mark.toString('hex') !== id) {
    throw new CairnError('dealt-file', `${usedPath(path)} is the record of another copy of ${path}`);
  }
  return used.next;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
