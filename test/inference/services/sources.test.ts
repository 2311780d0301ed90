import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePieces, openPieces, type PieceFile } from '../../../inference/dealer/index.ts';
import { ownerFromFile } from '../../../inference/services/sources.ts';
import { systemRandom } from '../../../protocol/crypto/index.ts';
import type { Demand } from '../../../protocol/mpc/dealer/index.ts';

const BATCH = 2;
const COUNT = 200;
const demands: readonly Demand[] = [{ kind: 'square', bits: 32, count: 3 }];
const plan = new Uint8Array(32).fill(5);
const session = new Uint8Array(16);

let folder: string;
let file: PieceFile;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-sources-'));
  const path = join(folder, 'pieces');
  await makePieces({ path, plan, demands, batch: BATCH, count: COUNT, random: systemRandom });
  file = await openPieces(path, { plan, batch: BATCH, side: 'corrected', demands });
});

afterEach(async () => {
  await file.close();
  rmSync(folder, { recursive: true });
});

describe('an owner with a dealer’s file', () => {
  it('takes the piece that neither side has used, also if the asker is a little ahead', async () => {
    const dealing = ownerFromFile(file, BATCH);
    for (const [next, piece] of [
      [0, 0],
      [0, 1],
      [5, 5],
    ] as const) {
      expect((await dealing.reserve(session, BATCH, next)).piece).toBe(piece);
    }
  });

  it('loses no piece to an asker that claims to be far ahead, without a file, or with another batch', async () => {
    const dealing = ownerFromFile(file, BATCH);
    for (const [batch, next] of [
      [BATCH, COUNT - 1],
      [BATCH, null],
      [BATCH + 1, 0],
    ] as const) {
      await expect(dealing.reserve(session, batch, next)).rejects.toMatchObject({ code: 'dealt-mismatch' });
    }
    expect(file.left).toBe(COUNT);
  });
});
