import { colludingNeighbours } from './ring.ts';
import { shareOf } from '../../../rounds/policy.ts';
import { type AdversaryModel, type RoundParameters, sigmaFor } from './round.ts';

/**
 * The most holders of one member's shares that may be corrupt while the member itself is honest: ⌊γn⌋ on the complete
 * graph; on a ring t1, what a neighbourhood has but for the failure bound. It is the bound of privacy and not one of
 * convenience: a proof that frames an honest member has the others go on without it, and the difference is its update.
 */
export function corruptHolders(
  { graph, n, degree }: Pick<RoundParameters, 'graph' | 'n' | 'degree'>,
  { adversary, colluding }: AdversaryModel,
): number {
  const corrupt = shareOf(n, colluding);
  return graph === 'complete' ? corrupt : colludingNeighbours(n, corrupt, degree, sigmaFor(adversary));
}
