import type { LookRow } from './series.ts';

/** What federations with the same set-up stand under. */
export function setUpOf({ participants, thetaUpload }: Pick<LookRow, 'participants' | 'thetaUpload'>): string {
  return `${participants} participants, θ_u ${thetaUpload}`;
}

/** What sets a federation apart from the others with the same set-up. */
export function kindOf({
  victim,
  noise,
  epsilon,
  aggregation,
}: Pick<LookRow, 'victim' | 'noise' | 'epsilon' | 'aggregation'>): string {
  if (!victim) return 'control: nobody holds the class';
  if (epsilon !== null) return `${aggregation}, users' ε ${epsilon}`;
  return `${aggregation}${noise === null ? '' : `, noise ε/c ${noise}`}`;
}
