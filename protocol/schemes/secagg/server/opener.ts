import { decideDealing } from '../../../crypto/dealing.ts';
import { SecretBytes } from '../../../crypto/secret.ts';
import { LagrangeBasis } from '../../../crypto/shamir.ts';
import { ShareDecoder } from '../../../crypto/share-decoder.ts';
import { asCairnError, CairnError } from '../../../errors.ts';
import type { ClientIndex } from '../../../ids.ts';
import type { ServerParameters } from './parameters.ts';
import type { RevealedShares } from './revealed.ts';

/** Keeps track of a new secret, so that it is wiped whatever happens. */
type HoldSecret = (secret: SecretBytes) => SecretBytes;

/**
 * Rebuilds secrets from revealed shares without trusting the shares: a secret counts only if it is the one that its
 * owner advertised or committed to.
 */
export class SecretOpener {
  readonly #facts: ServerParameters;
  readonly #shares: RevealedShares;
  readonly #corrupt: number;
  readonly #hold: HoldSecret;
  readonly #bases = new Map<string, LagrangeBasis>();
  readonly #decoders = new Map<string, ShareDecoder>();

  /** @param corrupt the maximum number of holders of one member's shares that may lie */
  constructor(facts: ServerParameters, shares: RevealedShares, corrupt: number, hold: HoldSecret) {
    this.#facts = facts;
    this.#shares = shares;
    this.#corrupt = corrupt;
    this.#hold = hold;
  }

  /**
   * Opens one member's secret: from t shares if these give the right one, as they do unless a member lies; otherwise
   * all received shares are decoded, and the false ones recorded. It pauses in between. Holders with a share found
   * false come last from then on, so that a liar costs one decoding and not one for each member, as long as t others
   * remain.
   * @param isRight whether a secret is the one that its owner is bound to
   * @throws CairnError `below-threshold` for fewer than t shares; `secret-mismatch` with the owner as culprit if the
   *   right secret cannot be obtained: it shared falsely, unless more of the m shares were revealed falsely than can be
   *   corrected, which is at least ⌊(m − t)/2⌋
   */
  *open(owner: ClientIndex, isRight: (secret: SecretBytes) => boolean): Generator<undefined, SecretBytes> {
    const { threshold } = this.#facts.parameters;
    const { trusted, suspected } = this.#shares.holdersOf(owner);
    const holders = [...trusted, ...suspected];
    const { member } = this.#facts.roster[owner]!;
    if (holders.length < threshold) {
      throw new CairnError(
        'below-threshold',
        `${holders.length} shares of member ${member}'s secret arrived, the threshold is ${threshold}`,
      );
    }
    const opened = this.#openFrom(owner, holders.slice(0, threshold), isRight);
    if (opened !== undefined) return opened;
    yield;
    const all = holders.sort((a, b) => a - b);
    const places = yield* this.#decoderOf(all).falseShares(this.#shares.sharesOf(owner, all));
    if (places !== undefined && places.length > 0 && all.length - places.length >= threshold) {
      const liars = new Set(places.map((place) => all[place]));
      const others = all.filter((holder) => !liars.has(holder));
      const corrected = this.#openFrom(owner, others.slice(0, threshold), isRight);
      if (corrected !== undefined) {
        for (const liar of liars) this.#shares.suspect(liar!, owner);
        return corrected;
      }
    }
    const searched = yield* this.#search(owner, all, isRight);
    if (searched !== undefined) return searched;
    throw new CairnError(
      'secret-mismatch',
      `the ${all.length} shares of member ${member}'s secret do not give the one that it is bound to`,
      { culprits: [member] },
    );
  }

  /** If more may lie than decoding is certain to correct, all cases are searched if they are few. */
  *#search(
    owner: ClientIndex,
    holders: readonly ClientIndex[],
    isRight: (secret: SecretBytes) => boolean,
  ): Generator<undefined, SecretBytes | undefined> {
    const { n: domain, threshold } = this.#facts.parameters;
    if (holders.length >= threshold + 2 * this.#corrupt) return undefined;
    const shares = this.#shares.sharesOf(owner, holders);
    const found = yield* decideDealing({ domain, slots: holders, shares, threshold, corrupt: this.#corrupt, isRight });
    if (found.verdict !== 'right') return undefined;
    for (const place of found.missed) this.#shares.suspect(holders[place]!, owner);
    return this.#hold(found.secret);
  }

  /** Forgets what was kept for further secrets. */
  clear(): void {
    this.#bases.clear();
    this.#decoders.clear();
  }

  #openFrom(
    owner: ClientIndex,
    holders: readonly ClientIndex[],
    isRight: (secret: SecretBytes) => boolean,
  ): SecretBytes | undefined {
    const basis = this.#basisOf(holders);
    try {
      const secret = this.#hold(new SecretBytes(basis.open(this.#shares.sharesOf(owner, holders))));
      if (isRight(secret)) return secret;
      secret.wipe();
    } catch (thrown) {
      if (asCairnError(thrown).code !== 'secret-mismatch') throw thrown;
    }
    return undefined;
  }

  #basisOf(holders: readonly ClientIndex[]): LagrangeBasis {
    return remembered(this.#bases, holders, () => new LagrangeBasis(this.#facts.parameters.n, holders));
  }

  #decoderOf(holders: readonly ClientIndex[]): ShareDecoder {
    const { n, threshold } = this.#facts.parameters;
    return remembered(this.#decoders, holders, () => new ShareDecoder(n, holders, threshold));
  }
}

/** Data for a set of holders is computed once: on the complete graph most sets are the same. */
function remembered<T>(known: Map<string, T>, holders: readonly ClientIndex[], make: () => T): T {
  const key = holders.join(',');
  let found = known.get(key);
  if (found === undefined) known.set(key, (found = make()));
  return found;
}
