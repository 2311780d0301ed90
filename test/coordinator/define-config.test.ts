import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  byCoordinate,
  type ConfigInput,
  defineConfig,
  defineGroupRule,
  defineStrategy,
  type OwnLearning,
  parseConfig,
  type StrategyDefinition,
  type TaskInput,
} from '../../coordinator/index.ts';

// Types are held by the check `types`: a line below `@ts-expect-error` that compiles is an error of its own.

const task = { name: 'mnist', rounds: 3, cohort: 8, model: { tensors: { w: [2, 3] } } } satisfies TaskInput;
const directory = { file: 'members.bin', authorityKey: 'ab'.repeat(32) };

describe('defineConfig', () => {
  it('returns its argument, which parseConfig completes', () => {
    const input = defineConfig({
      port: 0,
      directory,
      tasks: [{ ...task, strategy: { name: 'fedadam', learningRate: 0.1 }, deadlines: { unmasking: 10 } }],
    });
    expectTypeOf(input).toEqualTypeOf<ConfigInput>();
    const { tasks } = parseConfig(input);
    expect(tasks[0]).toMatchObject({ quorum: 8, deadlines: { unmasking: 10, shareKeys: 30 } });
  });

  it('rejects at compile time what parseConfig refuses for its key or type', () => {
    const refused = [
      // @ts-expect-error: no such key
      defineConfig({ directory, tasks: [task], prot: 8080 }),
      // @ts-expect-error: no such key in a task
      defineConfig({ directory, tasks: [{ ...task, quorom: 3 }] }),
      // @ts-expect-error: no such key in an object of a task
      defineConfig({ directory, tasks: [{ ...task, deadlines: { unmask: 3 } }] }),
      // @ts-expect-error: a number, and no text
      defineConfig({ directory, tasks: [task], port: '8080' }),
      // @ts-expect-error: no such adversary
      defineConfig({ directory, tasks: [{ ...task, adversary: 'lazy' }] }),
      // @ts-expect-error: tasks have rounds
      defineConfig({ directory, tasks: [{ name: 'mnist', cohort: 8 }] }),
    ];
    for (const config of refused) expect(() => parseConfig(config)).toThrow();
  });

  it('knows the options of each strategy and rule that comes with Cairn', () => {
    const input = defineConfig({
      directory,
      tasks: [
        { ...task, name: 'a', strategy: { name: 'fedavgm', momentum: 0.5 } },
        { ...task, name: 'b', strategy: 'fedyogi', cohort: 30, groups: { count: 5, rule: 'trimmed-mean', trim: 2 } },
        { ...task, name: 'c', cohort: 30, groups: { count: 5, minSums: 4, rule: 'median' } },
      ],
    });
    expect(parseConfig(input).tasks.map(({ strategy, groups }) => [strategy.name, groups?.rule])).toEqual([
      ['fedavgm', undefined],
      ['fedyogi', 'trimmed-mean'],
      ['fedavg', 'median'],
    ]);
    const refused = [
      // @ts-expect-error: no such strategy
      defineConfig({ directory, tasks: [{ ...task, strategy: 'fedsgd' }] }),
      // @ts-expect-error: no such strategy, in an object
      defineConfig({ directory, tasks: [{ ...task, strategy: { name: 'fedsgd' } }] }),
      // @ts-expect-error: an option of another strategy
      defineConfig({ directory, tasks: [{ ...task, strategy: { name: 'fedavg', momentum: 0.5 } }] }),
      // @ts-expect-error: a misspelt option
      defineConfig({ directory, tasks: [{ ...task, strategy: { name: 'fedadam', learningrate: 0.5 } }] }),
      // @ts-expect-error: an option of another kind
      defineConfig({ directory, tasks: [{ ...task, strategy: { name: 'fedadam', tau: '1' } }] }),
      // @ts-expect-error: no such rule
      defineConfig({ directory, tasks: [{ ...task, cohort: 30, groups: { count: 5, rule: 'mean' } }] }),
      // @ts-expect-error: an option of another rule
      defineConfig({ directory, tasks: [{ ...task, cohort: 30, groups: { count: 5, rule: 'median', trim: 1 } }] }),
      // @ts-expect-error: groups have a number
      defineConfig({ directory, tasks: [{ ...task, cohort: 30, groups: { rule: 'median' } }] }),
    ];
    for (const config of refused) expect(() => parseConfig(config)).toThrow();
  });

  it('knows the options of one’s own, where it is given their definitions', () => {
    const still = defineStrategy({
      name: 'still',
      options: z.object({ rate: z.number().default(0) }),
      create: () => ({ init: () => ({}), apply: (model) => ({ model, state: {} }) }),
    });
    const first = defineGroupRule({
      name: 'first',
      options: z.object({ place: z.int().default(0) }),
      create: ({ place }) => ({ combine: (sums) => byCoordinate(sums, (sorted) => sorted[place]!) }),
    });
    const own = { strategies: [still], rules: [first] };
    const mine = { ...task, cohort: 30 };
    const input = defineConfig(
      {
        directory,
        tasks: [
          { ...mine, strategy: { name: 'still', rate: 1 }, groups: { count: 5, rule: 'first', place: 2 } },
          { ...mine, name: 'other', strategy: { name: 'fedadam', tau: 1 }, groups: { count: 5, rule: 'median' } },
        ],
      },
      own,
    );
    expect(parseConfig(input, own).tasks[0]!.strategy).toEqual({ name: 'still', rate: 1 });
    const refused = [
      // @ts-expect-error: a strategy of one's own, whose definition was not given
      defineConfig({ directory, tasks: [{ ...mine, strategy: 'still' }] }),
      // @ts-expect-error: a misspelt option of one's own
      defineConfig({ directory, tasks: [{ ...mine, strategy: { name: 'still', rat: 1 } }] }, own),
      // @ts-expect-error: an option of one's own of another kind
      defineConfig({ directory, tasks: [{ ...mine, groups: { count: 5, rule: 'first', place: 'a' } }] }, own),
      // @ts-expect-error: a misspelt option of what comes with Cairn
      defineConfig({ directory, tasks: [{ ...mine, strategy: { name: 'fedavg', rate: 1 } }] }, own),
    ];
    expect(() => defineConfig({ directory, tasks: [task] }, { strategies: [still, still] })).toThrow('two definitions');
    refused.forEach((config, i) => expect(() => parseConfig(config, i === 0 ? {} : own)).toThrow());
  });

  it('leaves names and options to parseConfig, where the definitions are not known one by one', () => {
    const loaded: OwnLearning = { strategies: [] as StrategyDefinition[] };
    const input = defineConfig({ directory, tasks: [{ ...task, strategy: { name: 'anything', size: 3 } }] }, loaded);
    expect(() => parseConfig(input, loaded)).toThrow('unknown strategy "anything"');
  });
});
