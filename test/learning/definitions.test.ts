import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { byCoordinate, defineGroupRule, defineStrategy, MemoryStore, parseConfig } from '../../coordinator/index.ts';
import { createGroupRule, createStrategy, registryOf } from '../../learning/index.ts';
import { rejectionOf, errorOf } from '../coordinator/support/errors.ts';
import { closeAll, openHall } from '../coordinator/support/hall.ts';

afterEach(closeAll);

/** x ← x − η·Δ: the wrong way, so that it is told apart from all others. */
const backwards = defineStrategy({
  name: 'backwards',
  options: z.object({ rate: z.number().gt(0).default(1) }),
  create: ({ rate }) => ({
    init: (size) => ({ steps: new Float32Array(size) }),
    apply: (model, update, { steps }) => ({
      model: model.map((value, j) => value - rate * update[j]!),
      state: { steps: steps!.map((count) => count + 1) },
    }),
  }),
});

/** Of each coordinate the largest value. */
const largest = defineGroupRule({
  name: 'largest',
  options: z.object({ ignored: z.int().min(0).default(1) }),
  create: ({ ignored }) => ({
    dropped: ignored,
    combine: (sums) => byCoordinate(sums, (sorted) => sorted[sorted.length - 1]!),
  }),
});

const own = { strategies: [backwards], rules: [largest] };

const parse = (task: object, given = own) =>
  parseConfig(
    {
      directory: { file: 'members.bin', authorityKey: 'ab'.repeat(32) },
      tasks: [{ name: 'toy', rounds: 1, cohort: 30, model: { tensors: { w: [3] } }, ...task }],
    },
    given,
  ).tasks[0]!;

describe('a strategy of one’s own in a configuration', () => {
  it('is named like the others, with the defaults of its options', () => {
    expect(parse({ strategy: 'backwards' }).strategy).toEqual({ name: 'backwards', rate: 1 });
    expect(parse({ strategy: { name: 'backwards', rate: 2 } }).strategy).toEqual({ name: 'backwards', rate: 2 });
    expect(parse({}).strategy).toEqual({ name: 'fedavg', learningRate: 1 });
  });

  it.each([
    [
      'an option out of range',
      { name: 'backwards', rate: 0 },
      'config-invalid',
      'tasks[0].strategy.rate: expected more than 0',
    ],
    ['an option of another', { name: 'backwards', momentum: 0.5 }, 'config-unknown-key', 'unknown key "momentum"'],
    ['a misspelt option', { name: 'backwards', rat: 1 }, 'config-unknown-key', 'did you mean "rate"?'],
    ['a misspelt name', 'backward', 'config-invalid', 'did you mean "backwards"?'],
    ['no name', { rate: 1 }, 'config-invalid', 'fedyogi, backwards)'],
    ['something else', 7, 'config-invalid', 'expected the name of a strategy'],
  ])('is refused with %s', (_, strategy, code, words) => {
    const error = errorOf(() => parse({ strategy }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  it('is unknown to those who were not given it: parser and coordinator', async () => {
    expect(errorOf(() => parse({ strategy: 'backwards' }, { strategies: [], rules: [] })).message).toContain(
      'unknown strategy "backwards"',
    );
    expect(errorOf(() => createStrategy({ name: 'backwards' })).code).toBe('config-invalid');
    const error = await rejectionOf(openHall({ strategy: 'fedavg' }, { ...own, strategies: [backwards, backwards] }));
    expect(error.message).toBe('there are two definitions of the strategy "backwards"');
  });
});

describe('a rule of one’s own in a configuration', () => {
  it('says how many sums it takes away, and a round asks for more', () => {
    expect(parse({ groups: { count: 5, rule: 'largest', ignored: 3 } }).groups).toEqual({
      ...{ count: 5, rule: 'largest', ignored: 3, minSums: 4 },
    });
    expect(errorOf(() => parse({ groups: { count: 5, rule: 'largest', ignored: 5 } })).message).toContain(
      'groups.rule: largest discards 5 of 5 groups, which leaves none',
    );
  });

  it('combines what it is given', () => {
    const rule = createGroupRule({ rule: 'largest' }, registryOf(own));
    const sums = [1, 5, 3].map((value) => ({
      ...{ examples: 1, totalWeight: 1, loss: 0, accuracy: 0 },
      update: (_: number, into: Float32Array) => into.fill(value),
    }));
    const values = new Float32Array(2);
    rule.combine(sums, 2, []).sum.update(0, values);
    expect([...values]).toEqual([5, 5]);
  });
});

describe('definitions', () => {
  it.each(['Fed', 'a b', '', '1st', '../x'])('are refused with the name "%s"', (name) => {
    const create = () => ({ init: () => ({}), apply: (model: Float32Array) => ({ model, state: {} }) });
    expect(errorOf(() => defineStrategy({ name, options: z.object({}), create })).code).toBe('config-invalid');
  });

  it('are refused with a name that comes with Cairn', () => {
    const median = defineGroupRule({
      name: 'median',
      options: z.object({}),
      create: () => ({ combine: () => expect.unreachable() }),
    });
    expect(errorOf(() => registryOf({ rules: [median] })).hint).toBe('give your own definition another name');
  });

  it.each([
    ['model', { model: new Float32Array(2), state: { kept: new Float32Array(3) } }, 'the new model has 2'],
    ['state', { model: new Float32Array(3), state: { kept: new Float32Array(4) } }, 'new state "kept" has 4'],
    ['missing state', { model: new Float32Array(3), state: {} }, 'new state "kept" has 0'],
  ])('are caught where they return a %s of another length', (_, step, words) => {
    const careless = defineStrategy({
      name: 'careless',
      options: z.object({}),
      create: () => ({ init: (size) => ({ kept: new Float32Array(size) }), apply: () => step }),
    }).create({});
    const error = errorOf(() => careless.apply(new Float32Array(3), new Float32Array(3), careless.init(3)));
    expect(error.code).toBe('update-shape');
    expect(error.message).toContain(words);
  });
});

it('a record of a strategy that the coordinator does not know any more is still a record, whose state is begun anew', async () => {
  const store = new MemoryStore();
  const first = await openHall({ rounds: 1 }, { store });
  const record = (await store.loadTask(first.coordinator.tasks[0]!.task))!;
  await first.coordinator.stop();
  await store.saveTask({ ...record, strategy: 'backwards', strategyState: { steps: new Float32Array(1) } });
  const second = await openHall({ rounds: 1, strategy: 'fedavgm' }, { store });
  expect(second.coordinator.tasks[0]!.modelHash).toBe(record.modelHash);
  await Promise.all([1, 2, 3, 4].map((member) => second.join(member)));
  await second.coordinator.finished;
  const after = (await store.loadTask(record.task))!;
  expect([after.strategy, Object.keys(after.strategyState)]).toEqual(['fedavgm', ['velocity']]);
});
