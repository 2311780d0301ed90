import { CairnError } from '../../protocol/errors.ts';
import { type Pieces, sigmoidPieces, tanhPieces } from '../../protocol/mpc/circuits/index.ts';
import type { PiecewiseStep } from './types.ts';

/**
 * The lines of a step's function, for `sharedPiecewise` with the step's drop as its shift.
 * @param fraction the plan's
 * @throws CairnError `internal` for a fraction below 4 bits, and for SecureML's lines of tanh: there are none
 */
export function piecesOf(step: Pick<PiecewiseStep, 'function' | 'pieces'>, fraction: number): Pieces {
  if (step.function === 'sigmoid') return sigmoidPieces(fraction, step.pieces);
  if (step.pieces === 'secureml') throw new CairnError('internal', 'SecureML has no lines for tanh');
  return tanhPieces(fraction, step.pieces);
}
