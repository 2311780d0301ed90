import type { z } from 'zod';
import type { DecodedSum } from '../../protocol/quantize/index.ts';
import { assertDefinition, type Definition, readOptions } from '../definition.ts';
import { fieldsOf, learningFailed, type Named, ofLearning } from '../own-code.ts';
import type { Combination, GroupRule } from './types.ts';

/** A rule over groups that a configuration may name. */
export type GroupRuleDefinition<Name extends string = string, Schema extends z.ZodObject = z.ZodObject> = Definition<
  GroupRule,
  Name,
  Schema
>;

/**
 * Defines a rule over the sums of a round's groups.
 * @param definition - its name; its options, in addition to `count` and `minSums`, which every rule has; and the
 * function that creates it, with the number of sums that it always discards (0 by default)
 * @throws CairnError `config-invalid` for a name with other characters than lower-case letters, digits and hyphens, and
 * for options that are not a schema. If the rule throws later, or returns an invalid value, that is a `learning-failed`
 */
export function defineGroupRule<const Name extends string, Schema extends z.ZodObject>(definition: {
  readonly name: Name;
  readonly options: Schema;
  readonly create: (options: z.output<Schema>) => Pick<GroupRule, 'combine'> & Partial<Pick<GroupRule, 'dropped'>>;
}): GroupRuleDefinition<Name, Schema> {
  assertDefinition('group rule', definition);
  const { name, options: schema, create } = definition;
  const named = { kind: 'group rule', name } as const;
  return {
    name,
    options: schema,
    create(options) {
      const chosen = readOptions(name, schema, options);
      const made = ofLearning(named, 'create()', () => create(chosen));
      const { combine, dropped = 0 } = fieldsOf(named, 'create()', made);
      if (typeof combine !== 'function') throw learningFailed(named, 'create() returned an object without combine()');
      if (!Number.isSafeInteger(dropped) || (dropped as number) < 0) {
        throw learningFailed(named, 'create() returned a dropped that is no integer from 0');
      }
      return {
        name,
        dropped: dropped as number,
        combine: (sums, size, untrained) =>
          checkedCombination(
            named,
            sums,
            ofLearning(named, 'combine()', () => made.combine(sums, size, untrained)),
          ),
      };
    },
  };
}

/** The same combination, whose parts throw what is said of a rule's own code, and give what is promised of them. */
function checkedCombination(named: Named, given: readonly DecodedSum[], combination: Combination): Combination {
  const { steps, leftOut } = fieldsOf(named, 'combine()', combination);
  if (typeof steps !== 'function' || !Array.isArray(leftOut)) {
    throw learningFailed(named, 'combine() returned an object without steps() or leftOut');
  }
  return {
    *steps() {
      try {
        yield* combination.steps();
      } catch (thrown) {
        ofLearning(named, 'steps()', () => {
          throw thrown;
        });
      }
    },
    get leftOut() {
      const places = combination.leftOut;
      if (places.every((place) => Number.isInteger(place) && place >= 0 && place < given.length)) return places;
      throw learningFailed(named, 'leftOut has entries that are no places of sums');
    },
    get sum() {
      return checkedSum(
        named,
        given,
        ofLearning(named, 'sum', () => combination.sum),
      );
    },
  };
}

function checkedSum(named: Named, given: readonly DecodedSum[], sum: DecodedSum): DecodedSum {
  const fields = fieldsOf(named, 'sum', sum);
  if (typeof fields['update'] !== 'function') throw learningFailed(named, 'sum has no update()');
  for (const key of ['examples', 'totalWeight', 'loss', 'accuracy'] as const) {
    // Sums with noise do not say examples, loss and accuracy: they are NaN there, and may be in what is made of them.
    const unknown = Number.isNaN(fields[key]) && given.some((one) => Number.isNaN(one[key]));
    if (!unknown && !Number.isFinite(fields[key])) throw learningFailed(named, `sum.${key} is no finite number`);
  }
  return { ...sum, update: (from, into) => ofLearning(named, 'sum.update()', () => sum.update(from, into)) };
}
