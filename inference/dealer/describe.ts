import type { Side } from '../../protocol/mpc/dealer/index.ts';
import { openPrivate } from '../../platform/index.ts';
import { decodeHeader, HEADER_BYTES } from './format.ts';
import { readAt } from './read-at.ts';

/** What a dealer's file says of itself, as far as it is no secret. */
export interface PieceFileInfo {
  readonly side: Side;
  /** Hash of the plan that it was made for. */
  readonly plan: Uint8Array;
  /** Inputs that a piece serves at once. */
  readonly batch: number;
  /** Pieces, used ones included. */
  readonly count: number;
}

/**
 * Reads what a dealer's file was made for, without taking it into use.
 * @throws CairnError `config-unreadable`, `key-file-mode` if other users have access; `dealt-file` for another kind of file
 */
export async function describePieces(path: string): Promise<PieceFileInfo> {
  const file = await openPrivate(path, 'r');
  try {
    const { side, plan, batch, count, maskSeed } = decodeHeader(await readAt(file, 0, HEADER_BYTES, path), path);
    maskSeed?.fill(0);
    return { side, plan, batch, count };
  } finally {
    await file.close();
  }
}
