import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createStrategy, defineStrategy } from '../../../learning/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import { createAggregator } from '../../../simulations/engine/aggregator.ts';
import { federate, type FederationOptions, type FederationRound } from '../../../simulations/engine/federation.ts';
import { firstMembers } from '../../../simulations/engine/virtual-task.ts';
import { readFaults } from '../../../simulations/faults/script.ts';
import { seeded } from '../../../simulations/attacks/open-round/lab.ts';

const DIMENSION = 6;

/** Each member pulls the model half way to its own target: all its id. */
const options = (more: Partial<FederationOptions> = {}): FederationOptions => ({
  parameters: new Float32Array(DIMENSION),
  members: firstMembers(10),
  cohort: 6,
  rounds: 4,
  aggregator: createAggregator({
    mode: 'plain',
    primitives: nodePrimitives,
    random: seeded('f'),
    dimension: DIMENSION,
    clip: 100,
  }),
  strategy: createStrategy({ name: 'fedavg', learningRate: 1 }),
  seed: 3,
  train: ({ member, parameters }) =>
    Promise.resolve({ update: parameters.map((value) => (member - value) / 2), examples: 10, loss: 1, accuracy: 0.5 }),
  ...more,
});

async function all(given: FederationOptions): Promise<FederationRound[]> {
  const rounds: FederationRound[] = [];
  for await (const round of federate(given)) rounds.push(round);
  return rounds;
}

const secure = () =>
  createAggregator({
    mode: 'secure',
    primitives: nodePrimitives,
    random: seeded('s'),
    dimension: DIMENSION,
    clip: 100,
    maxExamples: 10,
  });

describe('a federation', () => {
  it('leaves the model as it was where the next one would be no number, as a coordinator does', async () => {
    const strategy = createStrategy({ name: 'fedavg', learningRate: 1e39 });
    const [round] = await all(options({ rounds: 1, strategy }));
    expect(round!.aggregation).toMatchObject({
      included: [],
      aggregate: undefined,
      error: { code: 'update-not-finite' },
    });
    expect([...round!.parameters]).toEqual(Array.from({ length: DIMENSION }, () => 0));
  });

  it('learns by a strategy of one’s own', async () => {
    const counting = defineStrategy({
      name: 'counting',
      options: z.object({}),
      create: () => ({ init: () => ({}), apply: (model) => ({ model: model.map((value) => value + 1), state: {} }) }),
    });
    const rounds = await all(options({ rounds: 3, strategy: counting.create({}) }));
    expect(rounds.map(({ parameters }) => parameters[0])).toEqual([1, 2, 3]);
  });

  it('can draw each member for itself: cohorts of many sizes, nobody’s among them, whose round leaves the model', async () => {
    const rounds = await all(options({ cohort: 1, drawing: 'independent', rounds: 60 }));
    const sizes = rounds.map(({ cohort }) => cohort.length);
    // Binomial of 10 members at 1/10: a mean of 1, and nobody in about a third of the rounds.
    const mean = sizes.reduce((a, b) => a + b, 0) / sizes.length;
    expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(0.9 / sizes.length));
    expect(Math.max(...sizes)).toBeGreaterThan(1);
    const empty = rounds.findIndex(({ cohort }, i) => i > 0 && cohort.length === 0);
    expect(rounds[empty]!.aggregation).toMatchObject({ aggregate: undefined, error: { code: 'data-empty' } });
    expect(rounds[empty]!.parameters).toEqual(rounds[empty - 1]!.parameters);
    expect(new Set(rounds.flatMap(({ cohort }) => cohort)).size).toBe(10);
  });

  it('moves the model by the mean of each round’s cohort', async () => {
    const rounds = await all(options());
    let model = 0;
    for (const { cohort, parameters, updates } of rounds) {
      expect(cohort).toHaveLength(6);
      expect([...updates.keys()]).toEqual(cohort);
      model += cohort.reduce((sum, member) => sum + (member - model) / 2, 0) / 6;
      for (const value of parameters) expect(value).toBeCloseTo(model, 5);
    }
    expect(new Set(rounds.map(({ cohort }) => cohort.join())).size).toBeGreaterThan(1);
  });

  it('through the real sessions comes to the same, but for rounding', async () => {
    const plain = await all(options());
    const sessions = await all(options({ aggregator: secure() }));
    sessions.forEach(({ cohort, parameters, aggregation }, i) => {
      expect(cohort).toEqual(plain[i]!.cohort);
      expect(aggregation.included).toEqual(cohort);
      for (const [j, value] of parameters.entries()) expect(value).toBeCloseTo(plain[i]!.parameters[j]!, 2);
    });
  });

  it('keeps its model over a round that fails, and goes on with the next', async () => {
    const rounds = await all(
      options({
        aggregator: secure(),
        faultsOf: (round) => readFaults(round === 2 ? [{ kind: 'abandon', state: 'masked-input' }] : []),
      }),
    );
    expect(rounds.map(({ aggregation }) => aggregation.error?.code)).toEqual([
      undefined,
      'round-abandoned',
      undefined,
      undefined,
    ]);
    expect(rounds[1]!.parameters).toEqual(rounds[0]!.parameters);
    expect(rounds[2]!.parameters).not.toEqual(rounds[1]!.parameters);
    const calm = await all(options({ aggregator: secure() }));
    expect(rounds.map(({ cohort }) => cohort)).toEqual(calm.map(({ cohort }) => cohort));
  });

  it('stops between two rounds', async () => {
    const controller = new AbortController();
    const rounds: number[] = [];
    const running = (async () => {
      for await (const { round } of federate(options({ signal: controller.signal }))) {
        rounds.push(round);
        if (round === 2) controller.abort(new Error('enough'));
      }
    })();
    await expect(running).rejects.toThrow('enough');
    expect(rounds).toEqual([1, 2]);
  });
});
