import { dealtAnd } from './and.ts';
import type { DealtKind } from './dealt-kind.ts';
import { dealtLinear } from './linear.ts';
import { dealtTransfer } from './transfer.ts';
import type { Demand, DemandKind, DemandOf, Parts } from './types.ts';
import { dealtRectify, dealtSquare, dealtWrap } from './values.ts';

/** How each kind is dealt. */
const DEALT = {
  and: dealtAnd,
  linear: dealtLinear,
  rectify: dealtRectify,
  wrap: dealtWrap,
  square: dealtSquare,
  transfer: dealtTransfer,
} as const;

/** How a demand is dealt; what its side draws in between is nobody else's business. */
export function dealt<Kind extends DemandKind>({ kind }: DemandOf<Kind>): DealtKind<Demand, Parts[Kind], unknown> {
  // The table pairs each kind with its own demand, which TypeScript cannot follow from a kind that is a variable.
  return DEALT[kind] as unknown as DealtKind<Demand, Parts[Kind], unknown>;
}
