import type { Words } from '../sharing/types.ts';
import { exchange, type Party, receive, send } from '../turn.ts';
import { type ReceiverStep, stepBytes } from './extension.ts';
import { hashBoth, type HashRun, hashLabels } from './hash.ts';
import type { Batch } from './product-plan.ts';
import type { ProductShare } from './product-share.ts';
import type { BothWays } from './setup.ts';

/**
 * Products of shares without a dealer, after Gilboa (1999): as matrices, the triples of SecureML (Mohassel and Zhang
 * 2017, §IV-E). Party i has weights B_i and inputs A_i. Of the four products in (B_0 + B_1) · (A_0 + A_1) two are local;
 * for the others, the owner of the inputs chooses by their bits, and each transfer carries the products of one bit with
 * all weights that it meets: it gets pad + bit · weight, and the owner of the weights has −pad. Correlated, so that one
 * ring element is sent for a product and not two. Both directions run at once, and the next step's choices travel with
 * this step's products: one trip a batch.
 *
 * Semi-honest: a receiver may choose by other bits than those of its share, and a sender offer other products; both make
 * the shares wrong in a way that the other side does not notice.
 */

/**
 * Adds to each side's share its part of the products of either side's weights with the other's inputs; both parties run
 * this.
 * @param setup used by nothing else at the same time
 */
export function* crossProducts<W extends Words>(work: ProductShare<W>, setup: BothWays): Party<W> {
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
