import type { Random } from '../../../client/training/index.ts';
import { laplace } from './laplace.ts';
import { noiseScales, type SparseVectorSettings } from './privacy.ts';
import { bound, type SparseUpdate } from './update.ts';

/**
 * Selects and blurs a change by the sparse vector technique (Shokri and Shmatikov 2015, section 5): parameters are asked
 * for in random order; one whose bounded size with noise reaches the threshold with noise is uploaded, with noise of its
 * own and bounded again; then the threshold's noise is drawn afresh. It ends after `count` uploads.
 */
export function sparseVector(change: Float32Array, settings: SparseVectorSettings, random: Random): SparseUpdate {
  const { count, tau, gamma } = settings;
  const scales = noiseScales(settings);
  const order = Uint32Array.from(change, (_, i) => i);
  const uploaded = new Map<number, number>();
  let threshold = tau + laplace(random, scales.threshold);
  for (let asked = 0; asked < order.length && uploaded.size < count; asked++) {
    const other = asked + random.below(order.length - asked);
    const index = order[other];
    order[other] = order[asked];
    const value = bound(change[index], gamma);
    if (Math.abs(value) + laplace(random, scales.query) < threshold) continue;
    uploaded.set(index, bound(value + laplace(random, scales.answer), gamma));
    threshold = tau + laplace(random, scales.threshold);
  }
  const indices = Uint32Array.from(uploaded.keys()).sort();
  return { indices, values: Float32Array.from(indices, (index) => uploaded.get(index)!) };
}
