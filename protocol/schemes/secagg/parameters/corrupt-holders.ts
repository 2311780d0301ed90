import { colludingNeighbours } from './ring.ts';
import { shareOf } from '../../../rounds/policy.ts';
import { type AdversaryModel, type RoundParameters, sigmaFor } from './round.ts';

/**
 * The maximum number of corrupt holders of one member's shares while the member itself is honest: ⌊γn⌋ on the complete
 * graph; on a ring t1, which a neighbourhood exceeds only within the failure bound. Privacy depends on this bound: a
 * proof that frames an honest member makes the others continue without it, and the difference is its update.
 */
export function corruptHolders(
  { graph, n, degree }: Pick<RoundParameters, 'graph' | 'n' | 'degree'>,
  { adversary, colluding }: AdversaryModel,
): number {
  const corrupt = shareOf(n, colluding);
  return graph === 'complete' ? corrupt : colludingNeighbours(n, corrupt, degree, sigmaFor(adversary));
}
