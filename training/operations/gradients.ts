import { add } from './arithmetic.ts';
import { shapeError } from '../tape/shape.ts';
import type { Tape, Tensor } from '../tape/tape.ts';

// Which tensors from `first` to `last` depend on one of `sources`.
function dependents(tape: Tape, sources: readonly Tensor[], first: number, last: number): Uint8Array {
  const depends = new Uint8Array(last - first + 1);
  for (const source of sources) if (source.position <= last) depends[source.position - first] = 1;
  for (let position = first; position <= last; position++) {
    if (depends[position - first]) continue;
    const { inputs, pullbacks } = tape.node(position);
    for (let i = 0; i < inputs.length; i++) {
      const at = inputs[i]!.position - first;
      if (at >= 0 && depends[at] && pullbacks[i] !== null) {
        depends[position - first] = 1;
        break;
      }
    }
  }
  return depends;
}

/**
 * The gradient of a scalar with respect to each of `sources`, by reverse accumulation. It is computed in recorded
 * operations, so the results can be differentiated again, any number of times. Only paths that reach a source are
 * followed. A source that `output` does not depend on gets zeros.
 *
 * A source must be a tensor that `output` was computed from, not a copy or reshape of it. If one source was computed
 * from another, each gets the full derivative through all paths.
 *
 * @throws CairnError `tensor-shape` if `output` is not a scalar; `internal` for a tensor of another tape or a released
 *   one
 */
export function gradients(output: Tensor, sources: readonly Tensor[]): Tensor[] {
  const { tape } = output;
  if (output.size !== 1) throw shapeError('gradients', 'a scalar', output.shape);
  for (const tensor of [output, ...sources]) tape.verify(tensor);
  let first = output.position;
  for (const source of sources) first = Math.min(first, source.position);
  const last = output.position;
  const depends = dependents(tape, sources, first, last);
  const found = new Array<Tensor | undefined>(depends.length);
  if (depends[last - first]) found[last - first] = tape.full(output.shape, 1);
  for (let position = last; position >= first; position--) {
    const gradient = found[position - first];
    if (gradient === undefined) continue;
    const { inputs, pullbacks } = tape.node(position);
    for (let i = 0; i < inputs.length; i++) {
      const at = inputs[i]!.position - first;
      const pullback = pullbacks[i] ?? null;
      if (at < 0 || !depends[at] || pullback === null) continue;
      const part = pullback(gradient);
      const sum = found[at];
      found[at] = sum === undefined ? part : add(sum, part);
    }
  }
  return sources.map((source) =>
    source.position > last
      ? tape.full(source.shape, 0)
      : (found[source.position - first] ?? tape.full(source.shape, 0)),
  );
}
