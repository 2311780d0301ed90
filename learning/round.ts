import type { Aggregate } from '../protocol/quantize/index.ts';
import { type ModelUpdate, NextModel, partOf } from './next-model.ts';
import type { Combined } from './sums/groups.ts';

/**
 * What a round teaches, the same for a coordinator and for the laboratory: its sums are read and combined, and the strategy
 * makes the next model of their mean. Nothing that it is given is changed but the memory for the next model, so that a
 * round whose model is not adopted leaves nothing behind. It yields after every few milliseconds of work.
 * @param reading - opens and combines the sums, as `openSums` and `combineGroups` do; or what has come of that
 * @param sums - their number, by which parts are cut
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

/** A mean that was taken out of its sum already, as {@link learn} takes it. */
export function alreadyRead({ update, ...means }: Aggregate): Pick<Combined, 'sum'> {
  return { sum: { ...means, update: (from, into) => into.set(update.subarray(from, from + into.length)) } };
}

/** Runs a computation to its end at once, as a simulation does that has nobody waiting. @throws what a step throws */
export function atOnce<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
