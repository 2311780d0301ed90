import { type RandomSource, toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { Correlations, Demand } from '../../protocol/mpc/dealer/index.ts';
import type { Channel } from '../drivers/channel.ts';
import { demandsOf } from '../plan/demands.ts';
import { encodePlan } from '../plan/encode.ts';
import type { Plan } from '../plan/types.ts';
import type { AskerDealing } from '../sessions/asker.ts';
import type { Dealing } from '../sessions/messages.ts';
import type { OwnerDealing } from '../sessions/dealing.ts';
import { askDealer } from './dealing.ts';

/** A dealer's file as it is used here; see inference/dealer, which only Node has. */
export interface Pieces {
  readonly pair: Uint8Array;
  readonly next: number;
  take(from?: number): Promise<{ readonly index: number; readonly correlations: Correlations }>;
}

/** How a dealer is reached. */
export interface DealerAccess {
  /** Opens a connection to a dealer. */
  readonly dial: (url: string) => Promise<Channel>;
  readonly random: RandomSource;
  /** Milliseconds to wait for the dealer. */
  readonly timeoutMs: number;
}

/** What of a plan the owner's source needs. */
export interface OwnerNeeds {
  readonly plan: Plan;
  /** The seed of the weights' masks. */
  readonly maskSeed: Uint8Array;
}

/** The owner's randomness from a dealer that both sides reach. */
export function ownerFromDealer(url: string, { plan, maskSeed }: OwnerNeeds, access: DealerAccess): OwnerDealing {
  const encoded = encodePlan(plan);
  return {
    source: { kind: 'url', url },
    reserve(session, batch) {
      const demands = demandsOf(plan, batch);
      const question = { side: 'corrected', session, plan: encoded, demands, batch, maskSeed } as const;
      const open = async (): Promise<Correlations> =>
        await askDealer(await access.dial(url), question, access.random, access.timeoutMs);
      return Promise.resolve({ piece: null, open });
    },
  };
}

/** The owner's randomness from a file, whose pieces serve `batch` rows each. */
export function ownerFromFile(file: Pieces, batch: number): OwnerDealing {
  return {
    source: { kind: 'file', pair: toHex(file.pair), batch },
    reserve: (_, asked, next) => takePiece(file, { batch, asked, next, other: 'asker' }),
  };
}

/** What one computation needs of a file. */
interface PieceQuestion {
  /** Rows that a piece serves, and rows that were asked for. */
  readonly batch: number;
  readonly asked: number;
  /** The first piece that the other side has not used; null if it has no file. */
  readonly next: number | null;
  /** The other side, for messages. */
  readonly other: 'asker' | 'other server';
}

/**
 * Takes the next piece of a file that neither side has used.
 * @throws CairnError `dealt-mismatch` if the other side has no file, or another number of rows is asked for; those of the
 * file's `take`
 */
export async function takePiece(
  file: Pieces,
  { batch, asked, next, other }: PieceQuestion,
): Promise<{ readonly piece: number; readonly open: () => Promise<Correlations> }> {
  if (next === null) throw new CairnError('dealt-mismatch', `the ${other} has no file of this pair`);
  if (asked !== batch) {
    throw new CairnError('dealt-mismatch', `${asked} rows were asked for, and pieces serve ${batch}`);
  }
  const { index, correlations } = await file.take(next);
  return { piece: index, open: () => Promise.resolve(correlations) };
}

/** What the asker has of the dealer: the address that it trusts, or a file that it was given. */
export type AskerSource =
  { readonly kind: 'url'; readonly url: string } | { readonly kind: 'file'; readonly file: Pieces };

/** The asker's randomness. What the owner says of the dealer decides nothing: a dealer of the owner's could tell it all. */
export function askerFrom(source: AskerSource | undefined, access: DealerAccess): AskerDealing {
  return {
    next: (offered) => expectSource(source, offered),
    async take({ session, plan, batch, piece }) {
      const demands: readonly Demand[] = demandsOf(plan, batch);
      if (source?.kind === 'file') {
        const { index, correlations } = await source.file.take(piece ?? 0);
        if (index === piece) return correlations;
        correlations.wipe();
        throw new CairnError('dealt-mismatch', `the owner takes piece ${piece ?? 'none'}, and this side has used it`);
      }
      if (source === undefined) throw new CairnError('dealer-unnamed', 'no dealer was named');
      const encoded = encodePlan(plan);
      const question = { side: 'seeded', session, plan: encoded, demands, batch, maskSeed: undefined } as const;
      return await askDealer(await access.dial(source.url), question, access.random, access.timeoutMs);
    },
  };
}

/** @throws CairnError `dealer-unnamed`, `dealt-mismatch` */
function expectSource(source: AskerSource | undefined, offered: Dealing): number | null {
  if (offered.kind === 'transfers') return null;
  if (source === undefined) {
    const [what, flag] =
      offered.kind === 'url' ? [`the dealer at ${offered.url}`, offered.url] : ['a file of a dealer', 'FILE.seeds'];
    throw new CairnError('dealer-unnamed', `the owner computes with ${what}, and you have not said that you trust it`, {
      hint: `a dealer and the owner together can read what you ask: if you trust this one, pass --dealer ${flag}`,
    });
  }
  if (source.kind !== offered.kind) {
    const words = { url: 'asks a dealer', file: 'has a dealer’s file' } as const;
    throw new CairnError('dealt-mismatch', `the owner ${words[offered.kind]}, and this side ${words[source.kind]}`);
  }
  if (source.kind === 'url' || offered.kind === 'url') return null;
  if (toHex(source.file.pair) !== offered.pair) {
    throw new CairnError('dealt-mismatch', 'the owner has the file of another pair', {
      hint: 'use the file that was made together with the owner’s',
    });
  }
  return source.file.next;
}
