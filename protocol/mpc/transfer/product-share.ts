import { type Arena, arena } from '../kernels/arena.ts';
import type { Ring, Words } from '../sharing/types.ts';
import type { Batch, MapRuns } from './product-plan.ts';
import { LABEL_BYTES } from './types.ts';

/** Kernels read and write whole elements, up to 8 bytes past the last one that is narrower. */
const SLACK = 16;

/** What one party brings to a product. */
export interface ProductInput<W extends Words> {
  /** Its share of the weights; see LinearMap for their order. */
  readonly weights: W;
  /** Its share of the inputs, image by image. */
  readonly inputs: W;
}

/** A party's share of products as it grows, and the kernels that work on it. */
export class ProductShare<W extends Words> {
  readonly batches: readonly Batch[];
  readonly share: W;
  readonly #ring: Ring<W>;
  readonly #own: ProductInput<W>;
  readonly #runs: MapRuns;

  /**
   * @param batches made of the same runs, by `batchesOf`
   * @param runs which weights each input meets
   * @param share what it begins with: the product of this party's own weights and inputs; changed in place
   */
  constructor(ring: Ring<W>, batches: readonly Batch[], runs: MapRuns, own: ProductInput<W>, share: W) {
    this.#ring = ring;
    this.#own = own;
    this.#runs = runs;
    this.batches = batches;
    this.share = share;
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
