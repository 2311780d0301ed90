import { describe, expect, it } from 'vitest';
import { type CoordinatorOptions, createCoordinator, MemoryStore, parseConfig } from '../../coordinator/index.ts';
import { rejectionOf } from './support/errors.ts';

const RAW = {
  port: 0,
  logLevel: 'silent',
  tasks: [
    {
      ...{ name: 'toy', rounds: 1, cohort: 3, adversary: 'curious', unsafeOpenEnrolment: true },
      model: { tensors: { w: [2] } },
    },
  ],
} as const;

const creating = (options?: unknown): ReturnType<typeof rejectionOf> =>
  rejectionOf(createCoordinator(options as CoordinatorOptions));

describe('createCoordinator refuses', () => {
  it('a misspelt option, naming the one that is meant', async () => {
    const refusal = await creating({ config: parseConfig(RAW), stor: 'memory:' });
    expect(refusal).toMatchObject({ code: 'config-unknown-key' });
    expect(refusal.message).toContain('unknown key "stor"; did you mean "store"?');
  });

  it('to be called without options, or without a configuration', async () => {
    expect(await creating()).toMatchObject({ code: 'config-invalid' });
    const refusal = await creating({});
    expect(refusal).toMatchObject({ code: 'config-invalid' });
    expect(refusal.message).toContain('config must be an object, but is missing');
    // The configuration's own fields instead of a configuration.
    expect((await creating(RAW)).message).toContain('unknown key "port"');
  });

  it('a configuration that was not parsed, and says who parses one', async () => {
    const refusal = await creating({ config: RAW, store: new MemoryStore() });
    expect(refusal).toMatchObject({ code: 'config-invalid', hint: 'pass the result of parseConfig or loadConfig' });
  });

  it('an option of another kind', async () => {
    const refusal = await creating({ config: parseConfig(RAW), evaluate: 'x' });
    expect(refusal.message).toContain('evaluate must be a function, but is a string');
  });
});
