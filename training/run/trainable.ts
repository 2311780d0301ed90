import type { ForwardMode, Model } from '../layers/index.ts';
import type { Optimiser } from '../optimisers/index.ts';
import { shapeError } from '../tape/shape.ts';
import type { Tape, Tensor } from '../tape/tape.ts';

/** FedProx's pull towards the initial parameters (Li et al. 2020). */
export interface ProximalTerm {
  /** Weight of mu/2 · |w − w₀|²; 0 is no term. */
  readonly prox?: number;
}

/**
 * One model's parameters on a tape, with an optimiser's state for them. A step of any kind of training is: mark the
 * tape, run models forward, take `gradients` of a loss by the `sources` of the models that should learn from it,
 * {@link update} these, release the mark. Several models may share a tape, each with its own optimiser.
 */
export interface Trainable {
  /** Every tensor of the model, by name. */
  readonly named: Readonly<Record<string, Tensor>>;
  /** The tensors to take gradients by, in the order that {@link update} expects: those of the model's `trained`. */
  readonly sources: readonly Tensor[];
  /** The model's output for a batch; in inference mode by default. */
  forward(batch: Tensor, mode?: ForwardMode): Tensor;
  /**
   * One step of the optimiser, in place. Results computed from the previous parameters must not be differentiated
   * afterwards: if two models learn from one pass, take all gradients before the first update.
   * @param gradients one for each of {@link sources}; not changed
   * @throws CairnError `tensor-shape` for a wrong number of gradients or elements
   */
  update(gradients: readonly Tensor[]): void;
  /** A copy of the parameters as one flat vector. */
  values(): Float32Array;
}

/**
 * Puts a model's parameters on a tape, ready to be trained; they and the optimiser's state live there until the tape
 * releases an earlier mark.
 * @param parameters the flat vector, which is copied and not changed
 * @throws CairnError `update-shape` if the vector's length differs from the model's layout
 */
export function trainable(
  tape: Tape,
  model: Model,
  parameters: Float32Array,
  optimiser: Optimiser,
  { prox = 0 }: ProximalTerm = {},
): Trainable {
  const { layout } = model;
  const { flat, named } = tape.parameters(layout, parameters);
  const anchor = prox > 0 ? tape.tensor([layout.size], parameters) : undefined;
  const slots = Array.from({ length: optimiser.slots }, () => tape.full([layout.size], 0).at);
  const targets = model.trained.map((name) => {
    const offset = layout.offsetOf(name);
    const { at, size } = named[name]!;
    return { at, size, anchor: anchor && anchor.at + offset, slots: slots.map((slot) => slot + offset) };
  });
  let step = 0;
  return {
    named,
    sources: model.trained.map((name) => named[name]!),
    forward: (batch, mode) => model.forward(named, batch, mode),
    update(gradients) {
      const fits = gradients.length === targets.length && targets.every(({ size }, i) => gradients[i]!.size === size);
      if (!fits)
        throw shapeError(
          'update',
          `one gradient for each of ${targets.length} tensors`,
          ...gradients.map((g) => g.shape),
        );
      step++;
      for (const [i, { at, size, anchor: centre, slots }] of targets.entries()) {
        const from = gradients[i]!.at;
        const apply = (gradient: number): void =>
          optimiser.update(tape.kernels, { parameters: at, gradient, slots, size }, step);
        if (centre === undefined) {
          apply(from);
          continue;
        }
        // On a copy: two sources may share one gradient.
        tape.lend(size, (copy) => {
          tape.heap.reals.copyWithin(copy, from, from + size);
          tape.kernels.proximal(prox, at, centre, copy, size);
          apply(copy);
        });
      }
    },
    values: () => flat.values(),
  };
}
