import { CairnError } from '../../errors.ts';
import { mapSizes } from '../sharing/linear-map.ts';
import { pieceCorrectionBytes } from './demand.ts';
import { decodeDealingRequest, type DealingRequest, encodeCorrections } from './messages.ts';
import { corrections } from './piece.ts';
import type { Demand } from './types.ts';
import { WeightMasks } from './weight-masks.ts';
import { wipe } from './wipe.ts';

/**
 * One dealing by a dealer that both sides reach: it waits for a request from each, and then has corrections for the
 * corrected side. The dealer sees the plan and seeds, neither inputs nor weights nor any message between the sides; it
 * must collude with neither (see `piece.ts`). It keeps nothing once it has dealt.
 */
export type Dealing =
  /** No side has asked. */
  | { readonly kind: 'empty' }
  /** One side has asked, and its request waits for the other’s. Wipe it with {@link endDealing} if none comes. */
  | { readonly kind: 'half'; readonly first: DealingRequest }
  /** Both have asked, and corrections were given. */
  | { readonly kind: 'dealt' };

/** A dealing before any request. */
export const NEW_DEALING: Dealing = { kind: 'empty' };

/** How a dealer deals. */
export interface DealingRules {
  /**
   * What a plan needs for one run; it comes from either side, so this must be strict.
   * @throws CairnError for a plan that is none
   */
  readonly demandsOf: (plan: Uint8Array, batch: number) => readonly Demand[];
  /** Bytes of corrections of one piece. Default: 256 MiB. */
  readonly maxCorrectionBytes?: number;
  /** Products of linear maps in one piece, which is what takes time. Default: 2^34, some seconds. */
  readonly maxProducts?: number;
}

/** What came of a request. */
export interface DealingStep {
  readonly dealing: Dealing;
  /** The message for the corrected side, once both have asked. Nothing is sent to the seeded side. */
  readonly toCorrected: Uint8Array | undefined;
}

/**
 * Takes a request. If it is refused, the dealing is as it was.
 * @param dealing is used up by the call unless that throws
 * @param request its bytes: they hold a seed, so the caller zeroes them
 * @throws CairnError what the decoder and `demandsOf` throw; `wire-bounds` for more than the rules allow;
 * `session-mismatch`, `message-duplicate` (the side has asked before), `session-closed` (after the dealing);
 * `dealt-mismatch` if the sides ask for different things or a mask seed is missing; `key-invalid` if their seeds are the
 * same
 */
export function receiveDealingRequest(dealing: Dealing, request: Uint8Array, rules: DealingRules): DealingStep {
  if (dealing.kind === 'dealt') throw new CairnError('session-closed', 'both sides of this dealing have been served');
  const asked = decodeDealingRequest(request);
  try {
    const demands = checkedDemands(asked, rules);
    if (dealing.kind === 'empty') return { dealing: { kind: 'half', first: asked }, toCorrected: undefined };
    checkPair(dealing.first, asked);
    const toCorrected = deal(demands, dealing.first, asked);
    wipe([asked, dealing.first]);
    return { dealing: { kind: 'dealt' }, toCorrected };
  } catch (thrown) {
    wipe(asked);
    throw thrown;
  }
}

/** Wipes what a dealing holds, for one whose second request does not come. @returns a dealing that takes nothing more */
export function endDealing(dealing: Dealing): Dealing {
  if (dealing.kind === 'half') wipe(dealing.first);
  return { kind: 'dealt' };
}

function deal(demands: readonly Demand[], one: DealingRequest, other: DealingRequest): Uint8Array {
  const [seeded, corrected] = one.side === 'seeded' ? [one, other] : [other, one];
  const masks = new WeightMasks({
    ...(seeded.maskSeed && { seeded: seeded.maskSeed }),
    ...(corrected.maskSeed && { corrected: corrected.maskSeed }),
  });
  try {
    return encodeCorrections(corrected.session, corrections(demands, seeded.seed, corrected.seed, masks));
  } finally {
    masks.wipe();
  }
}

function checkPair(first: DealingRequest, second: DealingRequest): void {
  if (!same(first.session, second.session)) {
    throw new CairnError('session-mismatch', 'a request for another session than the one that waits');
  }
  if (first.side === second.side) {
    throw new CairnError('message-duplicate', `the ${second.side} side has asked already`);
  }
  if (first.batch !== second.batch) {
    throw new CairnError(
      'dealt-mismatch',
      `one side asks for a batch of ${first.batch}, the other for ${second.batch}`,
    );
  }
  if (!same(first.plan, second.plan)) throw new CairnError('dealt-mismatch', 'the sides ask for different plans');
  const { maskSeed } = first;
  if (maskSeed !== undefined && second.maskSeed !== undefined && same(maskSeed, second.maskSeed)) {
    throw new CairnError('key-invalid', 'both sides of a dealing have the same mask seed');
  }
}

/** What is dealt for a request, if that is within bounds. */
function checkedDemands({ plan, batch }: DealingRequest, rules: DealingRules): readonly Demand[] {
  const { demandsOf, maxCorrectionBytes = 2 ** 28, maxProducts = 2 ** 34 } = rules;
  const demands = demandsOf(plan, batch);
  const bytes = pieceCorrectionBytes(demands);
  const products = demands.reduce((sum, demand) => sum + productsOf(demand), 0);
  if (bytes <= maxCorrectionBytes && products <= maxProducts) return demands;
  throw new CairnError(
    'wire-bounds',
    `a piece of ${bytes} bytes and ${products} products is more than this dealer deals`,
    {
      hint: 'use a smaller batch',
    },
  );
}

/** At least the inputs, since a convolution may stride over most of them. */
function productsOf(demand: Demand): number {
  if (demand.kind !== 'linear') return 0;
  const { inputs, products } = mapSizes(demand.map);
  return demand.batch * Math.max(inputs, products);
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
