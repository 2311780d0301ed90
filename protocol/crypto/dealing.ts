import { asCairnError } from '../errors.ts';
import { SecretBytes } from './secret.ts';
import { LagrangeBasis } from './shamir.ts';
import { ShareDecoder } from './share-decoder.ts';
import { SEARCH_LIMITS, searchRight, searchSize } from './share-search.ts';

// Decides whether the owner of a secret dealt false shares, from shares that their holders vouch for. An honest owner's
// polynomials agree with all of m shares except those of corrupt holders, of whom there are at most c. So if no ten
// polynomials of degree below t that open to a right secret agree with at least m − c of the shares, the owner lied. It
// does not matter which party chose the shares shown: leaving some out reduces both sides of that inequality.
//
// Below m = t + c the criterion is never met: through the right secret and any t − 1 ≥ m − c shares there is a
// polynomial.

/** Shares of one owner's secret, and what is known about them. */
export interface Dealing {
  /** The roster's size, as it was when sharing. */
  readonly domain: number;
  /** Slots of the holders whose shares are shown, each once. */
  readonly slots: readonly number[];
  /** One for each slot, each in its canonical encoding. */
  readonly shares: readonly Uint8Array[];
  /** Number of shares that open the secret. */
  readonly threshold: number;
  /** c: maximum number of corrupt holders. */
  readonly corrupt: number;
  /** Whether a secret matches what its owner advertised or committed to. */
  readonly isRight: (secret: SecretBytes) => boolean;
}

/** What the shares prove about their owner. */
export type DealingVerdict =
  /** No right secret agrees with all but c of them: the owner lied, if no more than c holders did. */
  | { readonly verdict: 'false-dealing' }
  /** A right secret agrees with all of them except those at `missed`, at most c places. The caller wipes it. */
  | { readonly verdict: 'right'; readonly secret: SecretBytes; readonly missed: readonly number[] }
  /** Too few shares given what c corrupt holders may have altered, or too many cases to search. */
  | { readonly verdict: 'unproven' };

const FALSE = { verdict: 'false-dealing' } as const;
const UNPROVEN = { verdict: 'unproven' } as const;

/**
 * Decides whether an owner dealt falsely; see docs/decisions/0046-prove-false-dealing-to-other-members.md.
 *
 * - m ≥ t + 2c: two polynomials that each agree with m − c shares agree on t of them and are the same. Decoding finds
 *   it wherever it is, since c ≤ ⌊(m − t)/2⌋. So it is right, or the owner lied.
 * - t + c ≤ m < t + 2c: polynomials that miss e ≤ m − t − c shares and open to a wrong secret prove the lie: right ones
 *   would agree with m − e − c ≥ t of the same shares, and be the same. Decoding finds them too, as m − t − c ≤ ⌊(m −
 *   t)/2⌋. Otherwise all cases are searched if they are few: at most 64 shares and C(t + c, c) ≤ 8192 polynomials, as
 *   in every cohort of up to 27 members at t = ⌊n/3⌋ + 1 and c = ⌊n/4⌋.
 * - m < t + c: nothing is proven.
 *
 * Decoding may find polynomials beyond these bounds, and right ones count; nothing follows there from wrong ones or
 * from none. It pauses every few thousand products.
 * @throws CairnError `settings-invalid` for slots or a threshold that no sharing has, `wire-not-canonical` for a
 *   malformed share
 */
export function* decideDealing(dealing: Dealing): Generator<undefined, DealingVerdict> {
  const { domain, slots, shares, threshold, corrupt, isRight } = dealing;
  const spare = slots.length - threshold - corrupt;
  if (spare < 0) return UNPROVEN;
  const certain = spare >= corrupt;
  const missed = yield* new ShareDecoder(domain, slots, threshold).falseShares(shares);
  if (missed !== undefined && missed.length <= corrupt) {
    const secret = openWithout(dealing, missed);
    if (secret !== undefined) return { verdict: 'right', secret, missed };
    if (!certain && missed.length <= spare && (yield* agree(dealing, missed))) return FALSE;
  }
  if (certain) return FALSE;
  if (slots.length > SEARCH_LIMITS.shares || searchSize(threshold, corrupt) > SEARCH_LIMITS.candidates) return UNPROVEN;
  const found = yield* searchRight({ domain, slots, shares, threshold, missing: corrupt, isRight });
  return found === undefined ? FALSE : { verdict: 'right', ...found };
}

/** The same without pauses. @throws what {@link decideDealing} does */
export function decideDealingAtOnce(dealing: Dealing): DealingVerdict {
  const steps = decideDealing(dealing);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * The secret that t of the shares that are not missed open to, if it is right. A limb of 2^26 or more is not part of a
 * secret.
 */
function openWithout({ domain, slots, shares, threshold, isRight }: Dealing, missed: readonly number[]) {
  const places = others(slots, missed).slice(0, threshold);
  let secret: SecretBytes;
  try {
    const basis = new LagrangeBasis(
      domain,
      places.map((place) => slots[place]!),
    );
    secret = new SecretBytes(basis.open(places.map((place) => shares[place]!)));
  } catch (thrown) {
    if (asCairnError(thrown).code !== 'secret-mismatch') throw thrown;
    return undefined;
  }
  if (isRight(secret)) return secret;
  secret.wipe();
  return undefined;
}

/**
 * Whether the shares that are not missed lie on ten polynomials: the decoder's claim, checked separately on these
 * shares alone.
 */
function* agree(
  { domain, slots, shares, threshold }: Dealing,
  missed: readonly number[],
): Generator<undefined, boolean> {
  const places = others(slots, missed);
  const decoder = new ShareDecoder(
    domain,
    places.map((place) => slots[place]!),
    threshold,
  );
  const found = yield* decoder.falseShares(places.map((place) => shares[place]!));
  return found?.length === 0;
}

function others(slots: readonly number[], missed: readonly number[]): number[] {
  const without = new Set(missed);
  return slots.map((_, place) => place).filter((place) => !without.has(place));
}
