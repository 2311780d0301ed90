import { type Arena, arena } from '../kernels/arena.ts';
import { CairnError } from '../../errors.ts';
import { type LinearMap, mapSizes } from '../sharing/linear-map.ts';
import type { Ring, Words } from '../sharing/types.ts';
import { exchange, type Party, receive, send } from '../turn.ts';
import { type ReceiverStep, stepBytes } from './extension.ts';
import { hashBoth, type HashRun, hashLabels } from './hash.ts';
import { type Batch, batchesOf, type MapRuns, runsOf } from './product-plan.ts';
import type { BothWays } from './setup.ts';
import { LABEL_BYTES } from './types.ts';

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

/** What one party brings to {@link shareProducts}. */
export interface ProductInput<W extends Words> {
  /** Its share of the weights; see LinearMap for their order. */
  readonly weights: W;
  /** Its share of batch × inputs numbers. */
  readonly inputs: W;
}

/**
 * This party's share of the map of a batch; both parties run this with the same ring, map and batch.
 * @param setup used by nothing else at the same time
 * @throws CairnError `wire-bounds` for vectors that do not fit the map, or a map whose products of one number exceed 1 MiB
 */
export function* shareProducts<W extends Words>(
  ring: Ring<W>,
  map: LinearMap,
  batch: number,
  own: ProductInput<W>,
  setup: BothWays,
): Party<W> {
  const work = new ProductShare(ring, map, batch, own);
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

/** Kernels read and write whole elements, up to 8 bytes past the last one that is narrower. */
const SLACK = 16;

/** A party's share as it grows, and the kernels that work on it. */
class ProductShare<W extends Words> {
  readonly batches: readonly Batch[];
  readonly share: W;
  readonly #ring: Ring<W>;
  readonly #own: ProductInput<W>;
  readonly #runs: MapRuns;

  constructor(ring: Ring<W>, map: LinearMap, batch: number, own: ProductInput<W>) {
    const { weights, inputs } = mapSizes(map);
    if (own.weights.length !== weights || own.inputs.length !== batch * inputs) {
      const got = `${own.weights.length} and ${own.inputs.length}`;
      throw new CairnError('wire-bounds', `${weights} weights and ${batch} × ${inputs} inputs expected, got ${got}`);
    }
    this.#ring = ring;
    this.#own = own;
    this.#runs = runsOf(map);
    this.batches = batchesOf(this.#runs, batch, ring.bits);
    this.share = ring.apply(map, own.weights, own.inputs, batch);
  }

  /** The choices of a batch: the bits of this party's inputs. */
  choices({ pieces, transfers }: Batch): Uint8Array {
    const memory = arena();
    const choose = this.#ring.bits === 32 ? memory.kernels.choose32 : memory.kernels.choose64;
    return memory.scoped(() => {
      const target = memory.reserve(transfers / 8 + 1);
      const values = memory.load(this.#own.inputs);
      let first = 0;
      for (const { bit, elements } of pieces) {
        choose(values, memory.load(elements), elements.length, bit, target, first);
        first += elements.length;
      }
      return memory.bytes(target, Math.ceil(transfers / 8)).slice();
    });
  }

  /** Takes −pad into the share; the message gives the other side pad + choice · weight. The pads are wiped. */
  offer({ pieces, messageBytes }: Batch, zeros: Uint8Array, ones: Uint8Array): Uint8Array {
    const memory = arena();
    const offer = this.#ring.bits === 32 ? memory.kernels.offer32 : memory.kernels.offer64;
    return memory.scoped(() => {
      const target = memory.reserve(messageBytes + SLACK);
      const map = memory.load(this.#runs.words);
      const weights = memory.load(this.#own.weights);
      const share = memory.load(this.share);
      const [zero, one] = [memory.load(zeros), memory.load(ones)];
      memory.reserve(SLACK);
      zeros.fill(0);
      ones.fill(0);
      let [pad, written] = [0, 0];
      for (const { bit, elements, width, products, blocks } of pieces) {
        const list = memory.load(elements);
        const padBytes = LABEL_BYTES * blocks;
        const count = elements.length;
        offer(map, weights, list, count, bit, width, zero + pad, one + pad, padBytes, share, target + written);
        pad += padBytes * count;
        written += width * products * count;
      }
      this.#take(memory, share);
      return memory.bytes(target, messageBytes).slice();
    });
  }

  /** Takes pad + choice · weight of the other side into the share. The pads are wiped. */
  accept({ pieces }: Batch, pads: Uint8Array, choices: Uint8Array, message: Uint8Array): void {
    const memory = arena();
    const accept = this.#ring.bits === 32 ? memory.kernels.accept32 : memory.kernels.accept64;
    memory.scoped(() => {
      const map = memory.load(this.#runs.words);
      const share = memory.load(this.share);
      const [padding, chosen, sent] = [memory.load(pads), memory.load(choices), memory.load(message)];
      memory.reserve(SLACK);
      pads.fill(0);
      let [pad, read, first] = [0, 0, 0];
      for (const { bit, elements, width, products, blocks } of pieces) {
        const list = memory.load(elements);
        const padBytes = LABEL_BYTES * blocks;
        const count = elements.length;
        accept(map, list, count, bit, width, padding + pad, padBytes, chosen, first, sent + read, share);
        pad += padBytes * count;
        read += width * products * count;
        first += count;
      }
      this.#take(memory, share);
    });
  }

  /** Takes the share back from the arena. */
  #take(memory: Arena, at: number): void {
    const { buffer, byteOffset, byteLength } = this.share;
    new Uint8Array(buffer, byteOffset, byteLength).set(memory.bytes(at, byteLength));
  }
}
