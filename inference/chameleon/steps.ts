import type { Correlations, TransferPart } from '../../protocol/mpc/dealer/index.ts';
import { maxOf, rectify, square, truncateExactly } from '../../protocol/mpc/gmw/index.ts';
import type { Ring, Words } from '../../protocol/mpc/sharing/index.ts';
import type { Party } from '../../protocol/mpc/index.ts';
import type { Plan, PoolStep, RectifyStep, SquareStep, TruncateStep } from '../plan/types.ts';
import { takeTransfers } from '../shares/garbled.ts';
import { windowSums, windowValues } from '../shares/rearrange.ts';

/** Party 0 is the owner, who garbles; party 1 is the asker. */
export const OWNER = 0;
export /**
 *
 */
const ASKER = 1;

/** A step in which both parties do the same with their shares. */
type SharedStep = RectifyStep | TruncateStep | SquareStep | PoolStep;

/** A party's share after a step that both do alike, by additive shares and GMW. */
export function* sharedStep(
  ring: Ring,
  party: 0 | 1,
  step: SharedStep,
  share: Words,
  batch: number,
  dealt: Correlations,
): Party<Words> {
  switch (step.kind) {
    case 'rectify':
      return yield* rectify(ring, party, share, dealt, step.shift);
    case 'truncate':
      // A plan's values stay below 2^(bits − 2).
      return yield* truncateExactly(ring, party, share, dealt, step.shift, 'half');
    case 'square':
      return yield* square(ring, party, share, dealt);
    case 'maxPool':
      return yield* maxOf(ring, party, windowValues(ring, step, share, batch), step.size * step.size, dealt);
    case 'sumPool':
      return windowSums(ring, step, share, batch);
  }
}

/**
 * The transfers of a plan's garbled circuits, by step: taken together and in order, since that of the last step may be
 * garbled before the question, and the others are not.
 */
export function garbledParts(plan: Plan, batch: number, dealt: Correlations): readonly (TransferPart | undefined)[] {
  return plan.steps.map((step) => {
    const garbled = step.kind === 'piecewise' || (step.kind === 'reveal' && step.what === 'class');
    return garbled ? takeTransfers(dealt, batch * step.count * plan.bits) : undefined;
  });
}
