import { CairnError } from '../../protocol/errors.ts';
import type { StrategyName, StrategyState } from './types.ts';

/** @throws CairnError `update-shape` where model, update and the named vectors of the state differ in length */
export function checkLengths(
  strategy: StrategyName,
  model: Float32Array,
  update: Float32Array,
  state: StrategyState,
  names: readonly string[],
): void {
  const lengths: [string, number][] = [
    ['the update', update.length],
    ...names.map((name): [string, number] => [`state "${name}"`, Object.hasOwn(state, name) ? state[name]!.length : 0]),
  ];
  for (const [what, length] of lengths) {
    if (length !== model.length) {
      throw new CairnError(
        'update-shape',
        `${strategy}: the model has ${model.length} values, but ${what} has ${length}`,
      );
    }
  }
}
