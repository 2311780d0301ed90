import type { SecretBytes } from '../../../crypto/secret.ts';
import { SIZES } from '../../../crypto/suite.ts';
import { type ClientIndex, clientIndex } from '../../../ids.ts';
import type { SharedKeys } from './parameters.ts';

/** The members whose shares a member holds: its neighbours that shared, and itself, ascending. */
export function holdings({ facts, sharers }: Pick<SharedKeys, 'facts' | 'sharers'>, holder: ClientIndex): number[] {
  return facts.graph.holders(holder).filter((index) => sharers.has(clientIndex(index)));
}

/** The shares that members revealed, by owner and holder. */
export class RevealedShares {
  readonly #about: SharedKeys;
  readonly #holdings = new Map<ClientIndex, readonly number[]>();
  /** For each holder of false shares, their owners. */
  readonly #false = new Map<ClientIndex, ClientIndex[]>();
  #revealed: ReadonlyMap<ClientIndex, SecretBytes>;

  constructor(about: SharedKeys, revealed: ReadonlyMap<ClientIndex, SecretBytes>) {
    this.#about = about;
    this.#revealed = revealed;
    // On the complete graph all hold shares of the same members: one list serves all.
    const { graph } = about.facts.parameters;
    const everybody = graph === 'complete' ? [...about.sharers].sort((a, b) => a - b) : undefined;
    for (const holder of revealed.keys()) this.#holdings.set(holder, everybody ?? holdings(about, holder));
  }

  /** The blocks of shares, one from each holder. */
  get secrets(): readonly SecretBytes[] {
    return [...this.#revealed.values()];
  }

  /** By holder, the owners whose shares it revealed falsely, as far as was found. */
  get falseShares(): ReadonlyMap<ClientIndex, readonly ClientIndex[]> {
    return this.#false;
  }

  /** Holders that revealed a share of a member's secret, ascending: those with no share found false, and the others. */
  holdersOf(owner: ClientIndex): { readonly trusted: ClientIndex[]; readonly suspected: ClientIndex[] } {
    const trusted: ClientIndex[] = [];
    const suspected: ClientIndex[] = [];
    for (const holder of this.#about.facts.graph.holders(owner)) {
      const index = clientIndex(holder);
      if (this.#revealed.has(index)) (this.#false.has(index) ? suspected : trusted).push(index);
    }
    return { trusted, suspected };
  }

  /** A view of the shares that these members hold of the owner's secret. */
  sharesOf(owner: ClientIndex, holders: readonly ClientIndex[]): Uint8Array[] {
    return holders.map((holder) => {
      const at = placeOf(this.#holdings.get(holder)!, owner) * SIZES.share;
      const block = this.#revealed.get(holder)!.expose();
      return block.subarray(at, at + SIZES.share);
    });
  }

  /** A view of all that a holder revealed: shares in ascending order of owner. */
  blockOf(holder: ClientIndex): Uint8Array {
    return this.#revealed.get(holder)!.expose();
  }

  /** Records that a holder's share of this owner's secret disagrees with those from which it was opened. */
  suspect(holder: ClientIndex, owner: ClientIndex): void {
    const owners = this.#false.get(holder);
    if (owners === undefined) this.#false.set(holder, [owner]);
    else owners.push(owner);
  }

  /** Wipes and forgets all shares. What was found about holders is kept. */
  wipe(): void {
    for (const shares of this.#revealed.values()) shares.wipe();
    this.#revealed = new Map();
    this.#holdings.clear();
  }
}

/** The place of a value in an ascending list that contains it, by bisection. */
function placeOf(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
