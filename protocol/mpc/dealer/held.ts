import { CairnError } from '../../errors.ts';
import { describe, sameDemand } from './demand.ts';
import type { Correlations, Demand, DemandKind, DemandOf, Parts, Side } from './types.ts';
import { wipe } from './wipe.ts';

/** A part that was dealt for a demand. */
export interface HeldPart {
  readonly demand: Demand;
  readonly part: Parts[DemandKind];
}

/** What a side holds of one piece: a queue of parts for each kind. */
export class HeldCorrelations implements Correlations {
  readonly side: Side;
  readonly #held = new Map<DemandKind, HeldPart[]>();

  /** @param parts in the order of the plan */
  constructor(side: Side, parts: readonly HeldPart[]) {
    this.side = side;
    for (const held of parts) {
      const queue = this.#held.get(held.demand.kind);
      if (queue === undefined) this.#held.set(held.demand.kind, [held]);
      else queue.push(held);
    }
  }

  take<Kind extends DemandKind>(demand: DemandOf<Kind>): Parts[Kind] {
    const queue = this.#held.get(demand.kind);
    const next = queue?.[0];
    if (queue === undefined || next === undefined) {
      throw new CairnError('dealt-mismatch', `nothing is left that was dealt for ${describe(demand)}`);
    }
    if (!sameDemand(next.demand, demand)) {
      throw new CairnError(
        'dealt-mismatch',
        `expected what was dealt for ${describe(demand)}, but next are ${describe(next.demand)}`,
      );
    }
    queue.shift();
    return next.part as Parts[Kind];
  }

  wipe(): void {
    for (const queue of this.#held.values()) for (const { part } of queue) wipe(part);
    this.#held.clear();
  }
}
