import { unsafeSeededRandom } from '../../../../protocol/crypto/index.ts';
import type { Demand } from '../../../../protocol/mpc/dealer/index.ts';
import { makePieces, openPieces, type PieceFile, seedsPath } from '../../../../inference/dealer/index.ts';
import type { PieceUse } from '../../../../inference/dealer/open-pieces.ts';

/** A small plan: one layer, its ReLUs, and a square. */
export const DEMANDS: readonly Demand[] = [
  { kind: 'linear', form: 'two-sided', map: { kind: 'dense', inputs: 3, outputs: 2 }, batch: 2, bits: 32, layer: 0 },
  { kind: 'and', rows: 3, lanes: 4 },
  { kind: 'square', bits: 64, count: 4 },
];

export const SQUARE = { kind: 'square', bits: 64, count: 4 } as const;

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

export const PLAN = filled(7);

export const USE: PieceUse = { plan: PLAN, batch: 2, side: 'corrected', demands: DEMANDS, model: filled(9) };

/** Makes a pair for the small plan. */
export function made(path: string, count: number, number = 1): Promise<void> {
  return makePieces({
    path,
    plan: PLAN,
    demands: DEMANDS,
    batch: 2,
    count,
    random: unsafeSeededRandom(filled(number)),
  });
}

/** Both sides' files of a pair. */
export async function opened(path: string): Promise<{ readonly corrected: PieceFile; readonly seeded: PieceFile }> {
  return {
    corrected: await openPieces(path, USE),
    seeded: await openPieces(seedsPath(path), { ...USE, side: 'seeded' }),
  };
}
