import { CairnError } from '../../errors.ts';
import type { Prg } from '../prg.ts';
import { type LinearMap, mapSizes } from '../sharing/linear-map.ts';
import type { Ring, Words } from '../sharing/types.ts';
import { exchange, type Party, receive, send } from '../turn.ts';
import { type ReceiverStep, stepBytes } from './extension.ts';
import { hashBoth, type HashRun, hashLabels } from './hash.ts';
import { type Batch, diagonalRuns, runsOf } from './product-plan.ts';
import { type ProductInput, ProductShare } from './product-share.ts';
import type { BothWays } from './setup.ts';

/**
 * Shares of matrix products without a dealer: triples for SecureML (Mohassel and Zhang 2017, §IV-E), after Gilboa (1999). Party i has
 * weights B_i and inputs A_i; both get C_i with C_0 + C_1 = map(B_0 + B_1, A_0 + A_1). Of the four products two are local; for the
 * others, the owner of the inputs chooses by their bits, and each transfer carries the products of one bit with all weights that it
 * meets: it gets pad + bit · weight, and the owner of the weights has −pad. Correlated, so that one ring element is sent for a product and
 * not two. Both directions run at once, and the next step's choices travel with this step's products: one trip a batch.
 *
 * Semi-honest: a receiver may choose by other bits than those of its share, and a sender offer other products; both make C wrong in a
 * way that the other side does not notice.
 */

/**
 * This party's share of the map of a batch; both parties run this with the same ring, map and batch.
 * @param setup used by nothing else at the same time
 * @param own its shares of the weights and of the batch's inputs
 * @throws CairnError `wire-bounds` for vectors that do not fit the map, or a map whose products of one number exceed 1 MiB
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
  return yield* crossProducts(new ProductShare(ring, runsOf(map), batch, own, local), setup);
}

/** Shares of numbers and of their squares. */
export interface Squares<W extends Words> {
  readonly a: W;
  /** The other side's added, the squares of a with the other side's a added. */
  readonly squares: W;
}

/**
 * Shares of `count` uniform numbers and of their squares; both parties run this. Each number is an input whose only weight it is itself.
 * @param prg gives this party's share of the numbers
 */
export function* shareSquares<W extends Words>(
  ring: Ring<W>,
  count: number,
  prg: Prg,
  setup: BothWays,
): Party<Squares<W>> {
  const a = ring.draw(prg, count);
  const work = new ProductShare(ring, diagonalRuns(count), 1, { weights: a, inputs: a }, ring.multiply(a, a));
  return { a, squares: yield* crossProducts(work, setup) };
}

/** Adds the products of either side's weights with the other's inputs. */
function* crossProducts<W extends Words>(work: ProductShare<W>, setup: BothWays): Party<W> {
  const { batches } = work;
  const begin = (k: number): ReceiverStep & { readonly choices: Uint8Array } => {
    const choices = work.choices(batches[k]!);
    return { choices, ...setup.receiver.step(choices, batches[k]!.transfers) };
  };
  if (batches.length === 0) return work.share;
  let mine = begin(0);
  let theirs = yield* exchange(mine.message);
  for (const [k, current] of batches.entries()) {
    const step = setup.sender.step(theirs, current.transfers);
    const pads = yield* hashBoth(step.hashKey, step.zeros, setup.sender.delta, hashRuns(current));
    const offered = work.offer(current, pads.zeros, pads.ones);
    const ours = mine;
    let answered: Uint8Array;
    if (k + 1 < batches.length) {
      mine = begin(k + 1);
      yield* send(mine.message);
      theirs = yield* exchange(offered, stepBytes(batches[k + 1]!.transfers));
      answered = yield* receive(current.messageBytes);
    } else {
      answered = yield* exchange(offered);
    }
    work.accept(current, yield* hashLabels(ours.hashKey, ours.labels, hashRuns(current)), ours.choices, answered);
    ours.choices.fill(0);
  }
  return work.share;
}

function hashRuns({ pieces }: Batch): readonly HashRun[] {
  return pieces.map(({ elements, blocks }) => ({ count: elements.length, blocks }));
}
