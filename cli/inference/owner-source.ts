import { demandsOf, type Plan, type QuantisedLayer } from '../../inference/index.ts';
import {
  describePieces,
  openPieces,
  type OwnerDealing,
  ownerFromDealer,
  ownerFromFile,
  parseServer,
} from '../../inference/internal.ts';
import { systemRandom } from '../../protocol/crypto/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { dealerAccess, isAddress } from './dealer-access.ts';
import { type PlannedModel, weightsOf } from './plan-model.ts';
import type { Defer } from './run-service.ts';

/** Rows at a time, if neither a flag nor a dealer's file says. */
const ROWS = 128;

/** What the owner computes with. */
export interface OwnerSource {
  readonly dealing: OwnerDealing;
  readonly layers: readonly QuantisedLayer[];
  readonly maskSeed: Uint8Array;
  readonly maxBatch: number;
  /** Where its randomness comes from, for people. */
  readonly text: string;
}

/** What of the command line decides it. */
export interface SourceFlags {
  /** A dealer's address, or its file. */
  readonly dealer: string;
  readonly maxBatch?: number;
  readonly unsafePlainHttp?: boolean;
}

/**
 * Where the owner's randomness comes from.
 * @throws CairnError of the address; `usage` for rows at a time that are not possible; those of `openPieces`
 */
export async function ownerSource(flags: SourceFlags, model: PlannedModel, defer: Defer): Promise<OwnerSource> {
  const { plan, hash } = model;
  const { layers, digest } = weightsOf(model);
  const { dealer, unsafePlainHttp } = flags;
  if (isAddress(dealer)) {
    const { address } = parseServer(dealer, '--dealer', unsafePlainHttp);
    const maskSeed = systemRandom(32);
    defer(() => maskSeed.fill(0));
    const dealing = ownerFromDealer(address, { plan, maskSeed }, dealerAccess());
    return { dealing, layers, maskSeed, maxBatch: batchWithin(plan, flags.maxBatch), text: `the dealer at ${address}` };
  }
  const batch = await batchOfFile(dealer, flags.maxBatch);
  const demands = demandsOf(plan, batch);
  const file = await openPieces(dealer, { plan: hash, batch, side: 'corrected', demands, model: digest });
  defer(() => file.close());
  const maskSeed = file.maskSeed!.expose();
  const text = fileText(dealer, file.left, batch);
  return { dealing: ownerFromFile(file, batch), layers, maskSeed, maxBatch: batch, text };
}

/** A dealer's file, for people. */
export function fileText(path: string, left: number, batch: number): string {
  return `${path}, ${left} piece${left === 1 ? '' : 's'} of ${batch} row${batch === 1 ? '' : 's'} left${left === 0 ? ': every question will be refused until the dealer makes another pair' : ''}`;
}

/** How many rows a file's pieces serve. @throws CairnError `usage` if another number was asked for; of `describePieces` */
export async function batchOfFile(path: string, asked: number | undefined): Promise<number> {
  const { batch } = await describePieces(path);
  if (asked === undefined || asked === batch) return batch;
  throw new CairnError('usage', `--max-batch ${asked}: pieces of ${path} serve ${batch} rows each`, {
    hint: 'leave --max-batch out, or have the dealer make another pair with --batch',
  });
}

/** Rows at a time: what was asked for, or as many of the default as the plan allows. @throws CairnError `usage` */
export function batchWithin(plan: Plan, asked: number | undefined): number {
  if (asked !== undefined) {
    try {
      demandsOf(plan, asked);
    } catch (thrown) {
      const cause = asCairnError(thrown);
      throw new CairnError('usage', `--max-batch ${asked}: ${cause.message}`, { cause, hint: 'choose a smaller one' });
    }
    return asked;
  }
  for (let rows = ROWS; ; rows /= 2) {
    try {
      demandsOf(plan, rows);
      return rows;
    } catch (thrown) {
      if (rows <= 1) throw thrown;
    }
  }
}
