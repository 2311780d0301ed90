import type { Aggregate } from '../protocol/quantize/index.ts';
import { type ModelUpdate, NextModel, partOf } from './next-model.ts';
import type { Combined } from './sums/groups.ts';

/**
 * The learning step of a round, shared by coordinators and simulations: its sums are decoded and combined, and the
 * strategy makes the next model from their mean. Of its arguments only the memory for the next model is changed, so
 * that a round whose model is not adopted has no effect. It yields every few milliseconds.
 * @param reading - opens and combines the sums, as `openSums` and `combineGroups` do; or the result of that
 * @param sums - their number, which determines the size of parts
 * @throws CairnError what `reading` throws; `update-not-finite` if the model would diverge
 */
export function* learn<Read extends Pick<Combined, 'sum'>>(
  model: ModelUpdate,
  reading: Generator<unknown, Read> | Read,
  sums = 1,
): Generator<unknown, Read & { readonly next: NextModel }> {
  const read = 'sum' in reading ? reading : yield* reading;
  const next = new NextModel(model, read.sum);
  yield* next.steps(partOf(sums));
  return { ...read, next };
}

/** A mean that is already computed, in the form that {@link learn} takes. */
export function alreadyRead({ update, ...means }: Aggregate): Pick<Combined, 'sum'> {
  return { sum: { ...means, update: (from, into) => into.set(update.subarray(from, from + into.length)) } };
}

/** Runs a computation to its end without pauses, as a simulation can. @throws what a step throws */
export function atOnce<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
