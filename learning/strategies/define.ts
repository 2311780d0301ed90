import type { z } from 'zod';
import { CairnError } from '../../protocol/errors.ts';
import { assertName, type Definition, readOptions } from '../definition.ts';
import type { Strategy, StrategyState } from './types.ts';

/** A strategy that a configuration may name. */
export type StrategyDefinition<Name extends string = string, Schema extends z.ZodObject = z.ZodObject> = Definition<
  Strategy,
  Name,
  Schema
>;

/**
 * Defines a strategy.
 *
 * A model is processed in parts, so `apply` must treat every coordinate independently. All vectors that it is given and
 * all that it returns have the same length, which is checked before and after.
 * @param definition - its name; its options, each with a default if the name alone should suffice; and the function
 * that creates it
 * @throws CairnError `config-invalid` for a name with other characters than lower-case letters, digits and hyphens
 */
export function defineStrategy<const Name extends string, Schema extends z.ZodObject>(definition: {
  readonly name: Name;
  readonly options: Schema;
  readonly create: (options: z.output<Schema>) => Pick<Strategy, 'init' | 'apply'>;
}): StrategyDefinition<Name, Schema> {
  const { name, options: schema, create } = definition;
  assertName(name);
  return {
    name,
    options: schema,
    create(options) {
      const made = create(readOptions(name, schema, options));
      const vectors = Object.keys(made.init(0));
      return {
        name,
        init: (size) => made.init(size),
        apply(model, update, state) {
          assertLengths(name, model, [['the update', update], ...named('state', state, vectors)]);
          const step = made.apply(model, update, state);
          assertLengths(name, model, [['the new model', step.model], ...named('new state', step.state, vectors)]);
          return step;
        },
      };
    },
  };
}

type Vectors = readonly (readonly [what: string, values: Float32Array | undefined])[];

const named = (what: string, state: StrategyState, names: readonly string[]): Vectors =>
  names.map((name) => [`${what} "${name}"`, Object.hasOwn(state, name) ? state[name] : undefined]);

/** @throws CairnError `update-shape` if one of them is missing, or is not as long as the model */
function assertLengths(strategy: string, model: Float32Array, vectors: Vectors): void {
  for (const [what, values] of vectors) {
    const length = values?.length ?? 0;
    if (length === model.length) continue;
    throw new CairnError(
      'update-shape',
      `${strategy}: the model has ${model.length} values, but ${what} has ${length}`,
    );
  }
}
