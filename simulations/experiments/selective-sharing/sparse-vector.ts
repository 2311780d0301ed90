import type { Random } from '../../../training/index.ts';
import { laplace } from './laplace.ts';
import { noiseScales, type SparseVectorSettings } from './privacy.ts';
import { bound, type SparseUpdate, valuesAt } from './update.ts';

/**
 * Selects and blurs a change by the sparse vector technique (Shokri and Shmatikov 2015, section 5): parameters are asked
 * for in random order; one whose bounded size with noise reaches the threshold with noise is uploaded, with noise of its
 * own and bounded again; then the threshold's noise is drawn afresh. It ends after `count` uploads.
 */
export function sparseVector(change: Float32Array, settings: SparseVectorSettings, random: Random): SparseUpdate {
  const { count, tau, gamma } = settings;
  const scales = noiseScales(settings);
  const order = new Uint32Array(change.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  const answers = new Float32Array(change.length);
  let uploaded = 0;
  let threshold = tau + laplace(random, scales.threshold);
  for (let asked = 0; asked < order.length && uploaded < count; asked++) {
    const other = asked + random.below(order.length - asked);
    const index = order[other]!;
    order[other] = order[asked]!;
    const value = bound(change[index]!, gamma);
    if (Math.abs(value) + laplace(random, scales.query) < threshold) continue;
    answers[index] = bound(value + laplace(random, scales.answer), gamma);
    // Places before `asked` are free: nobody there is asked again.
    order[uploaded++] = index;
    threshold = tau + laplace(random, scales.threshold);
  }
  const indices = order.slice(0, uploaded).sort();
  return { indices, values: valuesAt(answers, indices) };
}
