import { assertOptions, type OptionKinds } from '../../protocol/options.ts';
import { checkSetting } from './optimiser.ts';
import type { Optimiser } from './optimiser.ts';

/** Settings of {@link sgd}. */
export interface SgdSettings {
  readonly learningRate: number;
  /** Fraction of the velocity kept from step to step, from 0 (the default: no momentum) to below 1. */
  readonly momentum?: number;
}

const KINDS: OptionKinds<SgdSettings> = { learningRate: 'number', momentum: 'number' };

/**
 * Stochastic gradient descent: w −= rate · g; with momentum v = momentum · v + g, w −= rate · v (as in PyTorch).
 * @throws CairnError `config-unknown-key`, `config-invalid` for a setting that there is not or of another kind; RangeError for a negative rate, or a momentum outside [0, 1)
 */
export function sgd(settings: SgdSettings): Optimiser {
  assertOptions<SgdSettings>('settings of sgd', settings, KINDS, ['learningRate']);
  const { learningRate, momentum = 0 } = settings;
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
