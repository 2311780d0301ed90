import { CairnError } from '../../protocol/errors.ts';
import { mul } from '../operations/arithmetic.ts';
import type { Layer } from './layer.ts';

/**
 * Dropout (Srivastava et al. 2014): in training each element becomes zero with probability `rate`, and the others are
 * multiplied by 1 / (1 − rate), so inference needs no correction. Draws come from the random stream of the pass.
 *
 * A training pass throws CairnError `internal` if the mode has no such stream.
 * @throws RangeError for a rate outside [0, 1)
 */
export function dropout(rate: number): Layer {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`rate: expected from 0 to below 1, got ${rate}`);
  return {
    kind: 'dropout',
    build: (inputShape) => ({
      outputShape: inputShape,
      parameters: {},
      forward(x, _, { training, random }) {
        if (!training || rate === 0) return x;
        if (random === undefined)
          throw new CairnError('internal', 'dropout was run in training without a random stream', {
            hint: 'pass { training: true, random: new Random(seed) } to forward',
          });
        const mask = x.tape.full(x.shape, 1 / (1 - rate));
        const heap = x.tape.heap.reals;
        for (let i = 0; i < mask.size; i++) if (random.uniform() < rate) heap[mask.at + i] = 0;
        return mul(x, mask);
      },
    }),
  };
}
