import { describe, expect, expectTypeOf, it } from 'vitest';
import { defineConfig, parseConfig, type ConfigInput, type TaskInput } from '../../coordinator/index.ts';

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
});
