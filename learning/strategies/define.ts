import type { z } from 'zod';
import { CairnError } from '../../protocol/errors.ts';
import { assertDefinition, type Definition, readOptions } from '../definition.ts';
import { fieldsOf, learningFailed, type Named, ofLearning } from '../own-code.ts';
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
 * @throws CairnError `config-invalid` for a name with other characters than lower-case letters, digits and hyphens, and
 * for options that are not a schema. If the strategy throws later, or returns an invalid value, that is a
 * `learning-failed`
 */
export function defineStrategy<const Name extends string, Schema extends z.ZodObject>(definition: {
  readonly name: Name;
  readonly options: Schema;
  readonly create: (options: z.output<Schema>) => Pick<Strategy, 'init' | 'apply'>;
}): StrategyDefinition<Name, Schema> {
  assertDefinition('strategy', definition);
  const { name, options: schema, create } = definition;
  const named = { kind: 'strategy', name } as const;
  return {
    name,
    options: schema,
    create(options) {
      const chosen = readOptions(name, schema, options);
      const made = ofLearning(named, 'create()', () => create(chosen));
      const { init, apply } = fieldsOf(named, 'create()', made);
      if (typeof init !== 'function' || typeof apply !== 'function') {
        throw learningFailed(named, 'create() returned an object without init() or apply()');
      }
      const initial = (size: number): StrategyState => {
        const state = ofLearning(named, 'init()', () => made.init(size));
        return vectorsOf(named, 'init()', fieldsOf(named, 'init()', state));
      };
      const vectors = Object.keys(initial(0));
      return {
        name,
        init: initial,
        apply(model, update, state) {
          assertLengths(name, model, [['the update', update], ...labelled('state', state, vectors)]);
          const step = fieldsOf(
            named,
            'apply()',
            ofLearning(named, 'apply()', () => made.apply(model, update, state)),
          );
          const { model: next } = vectorsOf(named, 'apply()', { model: step['model'] });
          const kept = vectorsOf(named, 'apply()', fieldsOf(named, 'apply()', step['state']));
          assertLengths(name, model, [['the new model', next], ...labelled('new state', kept, vectors)]);
          return { model: next!, state: kept };
        },
      };
    },
  };
}

/** The same as vectors. @throws CairnError `learning-failed` where one is none */
function vectorsOf(named: Named, part: string, fields: Readonly<Record<string, unknown>>): StrategyState {
  const wrong = Object.keys(fields).find((key) => !(fields[key] instanceof Float32Array));
  if (wrong === undefined) return fields as StrategyState;
  throw learningFailed(named, `${part} returned a "${wrong}" that is no Float32Array`);
}

type Vectors = readonly (readonly [what: string, values: Float32Array | undefined])[];

const labelled = (what: string, state: StrategyState, names: readonly string[]): Vectors =>
  names.map((name) => [`${what} "${name}"`, Object.hasOwn(state, name) ? state[name] : undefined]);

/** @throws CairnError `update-shape` if one of them is missing, or is not as long as the model */
function assertLengths(strategy: string, model: Float32Array, vectors: Vectors): void {
  for (const [what, values] of vectors) {
    const length = values?.length ?? 0;
    if (length === model.length) continue;
    throw new CairnError(
      'update-shape',
      `${strategy}: the model has ${model.length} values, but ${what} has ${length}`,
      { hint: 'init(size) and apply() of the strategy must return vectors as long as the model that they are given' },
    );
  }
}
