import { checkSetting } from './optimiser.ts';
import type { Optimiser } from './optimiser.ts';

/** Settings of {@link sgd}. */
export interface SgdSettings {
  readonly learningRate: number;
  /** Fraction of the velocity kept from step to step, from 0 (the default: no momentum) to below 1. */
  readonly momentum?: number;
}

/**
 * Stochastic gradient descent: w −= rate · g; with momentum v = momentum · v + g, w −= rate · v (as in PyTorch).
 * @throws RangeError for a negative rate, or a momentum outside [0, 1)
 */
export function sgd({ learningRate, momentum = 0 }: SgdSettings): Optimiser {
  checkSetting('learningRate', learningRate, 0, Infinity);
  checkSetting('momentum', momentum, 0, 1);
  if (momentum === 0) {
    return {
      slots: 0,
      update: (kernels, { parameters, gradient, size }) => kernels.addScaled(-learningRate, gradient, parameters, size),
    };
  }
  return {
    slots: 1,
    update: (kernels, { parameters, gradient, slots: [velocity], size }) =>
      kernels.momentum(learningRate, momentum, gradient, velocity!, parameters, size),
  };
}
