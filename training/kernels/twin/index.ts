import type { Kernels } from '../kernels.ts';
import type { Arithmetic } from './arithmetic.ts';
import { convolutionTwin } from './convolution.ts';
import { elementwiseTwin } from './elementwise.ts';
import { matrixTwin } from './matrix.ts';
import { reduceTwin } from './reduce.ts';
import { tapsTwin } from './taps.ts';
import { updateTwin } from './update.ts';

/** All kernels in plain TypeScript, over any heap. */
export function twinKernels(arithmetic: Arithmetic): Kernels {
  return {
    ...matrixTwin(arithmetic),
    ...convolutionTwin(arithmetic),
    ...tapsTwin(arithmetic),
    ...elementwiseTwin(arithmetic),
    ...reduceTwin(arithmetic),
    ...updateTwin(arithmetic),
  };
}
