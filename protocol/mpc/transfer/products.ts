import { CairnError } from '../../errors.ts';
import { type LinearMap, mapSizes } from '../sharing/linear-map.ts';
import type { Ring, Words } from '../sharing/types.ts';
import type { Party } from '../turn.ts';
import { crossProducts } from './cross-products.ts';
import { batchesOf, runsOf } from './product-plan.ts';
import { type ProductInput, ProductShare } from './product-share.ts';
import type { BothWays } from './setup.ts';

/**
 * This party's share C_i of matrix products: C_0 + C_1 = map(B_0 + B_1, A_0 + A_1), see cross-products.ts. Both parties
 * run this with the same ring, map and batch.
 * @param setup used by nothing else at the same time
 * @param own its shares of the weights and of the batch's inputs
 * @throws CairnError `wire-bounds` for vectors that do not fit the map, or a map whose products of one number exceed 1
 * MiB
 */
export function* shareProducts<W extends Words>(
  ring: Ring<W>,
  map: LinearMap,
  batch: number,
  own: ProductInput<W>,
  setup: BothWays,
): Party<W> {
  const sizes = mapSizes(map);
  if (own.weights.length !== sizes.weights || own.inputs.length !== batch * sizes.inputs) {
    const got = `${own.weights.length} and ${own.inputs.length}`;
    throw new CairnError(
      'wire-bounds',
      `${sizes.weights} weights and ${batch} × ${sizes.inputs} inputs expected, got ${got}`,
    );
  }
  const local = ring.apply(map, own.weights, own.inputs, batch);
  const runs = runsOf(map);
  const batches = batchesOf(runs, batch, ring.bits);
  return yield* crossProducts(new ProductShare(ring, batches, runs, own, local), setup);
}
