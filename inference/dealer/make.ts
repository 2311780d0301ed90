import { link, rm } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import type { RandomSource } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import {
  corrections,
  type Demand,
  MAX_PIECE_BATCH,
  SEED_BYTES,
  type Side,
  WeightMasks,
} from '../../protocol/mpc/dealer/index.ts';
import { writeAtomically } from '../../platform/index.ts';
import { correctionsOf, encodeHeader, encodePiece, type Header, ID_BYTES, MAX_COUNT } from './format.ts';

/** Read and write for the owner only. */
const PRIVATE = 0o600;

/** What to make. */
interface MakeOptions {
  /** The corrected side's file; the seeded side's has the same name and `.seeds` after it. */
  readonly path: string;
  /** The plan's hash: 32 bytes. */
  readonly plan: Uint8Array;
  /** What the plan needs for one run of `batch` inputs. */
  readonly demands: readonly Demand[];
  readonly batch: number;
  /** Pieces: runs that the two files serve. */
  readonly count: number;
  readonly random: RandomSource;
  /** Called after each piece, with the number of pieces made so far. */
  readonly progress?: (made: number) => void;
}

/** The path of the seeded side's file. */
export function seedsPath(path: string): string {
  return `${path}.seeds`;
}

/**
 * Makes the two files of a pair, one piece after another, so that memory holds one piece. Both are for their owner
 * alone, never replace a file, and appear whole or not at all: the seeded side's first, and the other only once it is
 * there. A crash just between the two leaves the seeded side's, which serves nothing and may be deleted.
 *
 * The dealer must delete its copies once the sides have theirs: a holder of both knows all that the two sides hide from
 * each other.
 * @throws CairnError `config-invalid` if one of the files exists or a number is out of range, `folder-unwritable`,
 * `wire-bounds` for demands that cannot be dealt
 */
export async function makePieces(options: MakeOptions): Promise<void> {
  const { path, plan, demands, batch, count, random } = options;
  within('batch', batch, MAX_PIECE_BATCH);
  within('count', count, MAX_COUNT);
  const pair = random(ID_BYTES);
  const masked = sidesWithMasks(demands);
  const headerOf = (side: Side): Header => ({
    side,
    plan,
    pair,
    batch,
    count,
    corrections: correctionsOf(side, demands),
    maskSeed: masked.has(side) ? random(SEED_BYTES) : undefined,
  });
  const [seeded, corrected] = [headerOf('seeded'), headerOf('corrected')];
  const masks = new WeightMasks({
    ...(seeded.maskSeed && { seeded: seeded.maskSeed }),
    ...(corrected.maskSeed && { corrected: corrected.maskSeed }),
  });
  const seeds = random(count * SEED_BYTES);
  const seedOf = (index: number): Uint8Array => seeds.subarray(index * SEED_BYTES, (index + 1) * SEED_BYTES);
  const place = async (temporary: string): Promise<void> => {
    await writeAtomically(seedsPath(path), seededFile(seeded, seedOf), {
      mode: PRIVATE,
      place: link,
      refuse: refusal(seedsPath(path)),
    });
    // A link fails if the name is taken, unlike a rename.
    await link(temporary, path).catch(async (thrown: unknown) => {
      await rm(seedsPath(path), { force: true });
      throw thrown;
    });
  };
  try {
    const content = correctedFile(corrected, seedOf, masks, options);
    await writeAtomically(path, content, { mode: PRIVATE, place, refuse: refusal(path) });
  } finally {
    seeds.fill(0);
    masks.wipe();
    seeded.maskSeed?.fill(0);
    corrected.maskSeed?.fill(0);
  }
}

/** The sides that mask weights: in the one-sided form the corrected one, which has them all. */
function sidesWithMasks(demands: readonly Demand[]): ReadonlySet<Side> {
  const forms = new Set(demands.flatMap((demand) => (demand.kind === 'linear' ? [demand.form] : [])));
  return new Set<Side>([
    ...(forms.size > 0 ? ['corrected' as const] : []),
    ...(forms.has('two-sided') ? ['seeded' as const] : []),
  ]);
}

function* seededFile(header: Header, seedOf: (index: number) => Uint8Array): Generator<Uint8Array> {
  const begin = encodeHeader(header);
  yield begin;
  yield new Uint8Array(ID_BYTES);
  for (let index = 0; index < header.count; index++) yield encodePiece(begin, index, seedOf(index), new Uint8Array(0));
}

async function* correctedFile(
  header: Header,
  seedOf: (index: number) => Uint8Array,
  masks: WeightMasks,
  { demands, random, progress }: MakeOptions,
): AsyncGenerator<Uint8Array> {
  const begin = encodeHeader(header);
  yield begin;
  yield new Uint8Array(ID_BYTES);
  for (let index = 0; index < header.count; index++) {
    const seed = random(SEED_BYTES);
    const piece = encodePiece(begin, index, seed, corrections(demands, seedOf(index), seed, masks));
    seed.fill(0);
    yield piece;
    piece.fill(0);
    progress?.(index + 1);
    // Signals and timers get their turn.
    await turn();
  }
}

function within(field: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new CairnError('config-invalid', `${field} must lie in 1 … ${max}, but is ${value}`);
}

/** Makes the error for a file that could not be written. */
const refusal =
  (path: string) =>
  (cause: unknown): CairnError =>
    (cause as NodeJS.ErrnoException).code === 'EEXIST'
      ? new CairnError('config-invalid', `${path} or the other file of its pair exists already`, {
          cause,
          hint: 'choose another path: a dealer’s file is never overwritten, since pieces of it may be in use',
        })
      : new CairnError('folder-unwritable', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
          cause,
        });
