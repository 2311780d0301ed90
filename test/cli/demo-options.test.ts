import { describe, expect, it } from 'vitest';
import { checkDemo, defaultKills, type DemoOptions } from '../../cli/demo/options.ts';

const flags = (clients: number): Omit<DemoOptions, 'kill'> => ({
  ...{ clients, rounds: 8, seed: 1, model: 'mlp', partition: 'iid', alpha: 0.5, out: 'runs', port: 0 },
});

describe('a demonstration that is not told how many clients to kill', () => {
  it.each([3, 4, 5, 6, 7, 8, 50])('can succeed with %d clients', (clients) => {
    expect(() => checkDemo({ ...flags(clients), kill: defaultKills(flags(clients)) })).not.toThrow();
  });

  it('kills two of eight, and as many of fewer as the others can do without', () => {
    expect([8, 4, 3].map((clients) => defaultKills(flags(clients)))).toEqual([2, 1, 0]);
  });
});
