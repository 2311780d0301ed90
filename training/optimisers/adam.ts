import { assertOptions, type OptionKinds } from '../../protocol/options.ts';
import { checkSetting } from './optimiser.ts';
import type { Optimiser } from './optimiser.ts';

/** Settings of {@link adam}. */
export interface AdamSettings {
  readonly learningRate: number;
  /** Decay of the mean gradient; 0.9 by default. */
  readonly beta1?: number;
  /** Decay of the mean squared gradient; 0.999 by default. */
  readonly beta2?: number;
  /** Keeps the quotient finite; 1e-8 by default. */
  readonly epsilon?: number;
}

// b^n by repeated squaring: Math.pow may differ in the last bit between engines.
function power(b: number, n: number): number {
  let result = 1;
  for (let square = b, left = n; left > 0; left = Math.floor(left / 2), square *= square)
    if (left % 2) result *= square;
  return result;
}

const KINDS: OptionKinds<AdamSettings> = {
  learningRate: 'number',
  beta1: 'number',
  beta2: 'number',
  epsilon: 'number',
};

/**
 * Adam (Kingma and Ba, 2015): m and v are decaying means of g and g², c1 = 1 − beta1^t, c2 = 1 − beta2^t, and
 * w −= rate · (m / c1) / (√(v / c2) + epsilon), computed as rate · √c2 / c1 · m / (√v + epsilon · √c2).
 * @throws CairnError `config-unknown-key`, `config-invalid` for a setting that there is not or of another kind; RangeError for a negative rate or epsilon, or a beta outside [0, 1)
 */
export function adam(settings: AdamSettings): Optimiser {
  assertOptions<AdamSettings>('settings of adam', settings, KINDS, ['learningRate']);
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = settings;
  checkSetting('learningRate', learningRate, 0, Infinity);
  checkSetting('beta1', beta1, 0, 1);
  checkSetting('beta2', beta2, 0, 1);
  checkSetting('epsilon', epsilon, 0, Infinity);
  return {
    slots: 2,
    update(kernels, { parameters, gradient, slots: [first, second], size }, step) {
      const root = Math.sqrt(1 - power(beta2, step));
      const rate = (learningRate * root) / (1 - power(beta1, step));
      kernels.adam(
        rate,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        epsilon * root,
        gradient,
        first!,
        second!,
        parameters,
        size,
      );
    },
  };
}
