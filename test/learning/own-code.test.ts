import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  byCoordinate,
  type Combination,
  defineGroupRule,
  defineStrategy,
  type Strategy,
  type StrategyDefinition,
} from '../../coordinator/index.ts';
import { registryOf } from '../../learning/index.ts';
import { errorOf, rejectionOf } from '../coordinator/support/errors.ts';
import { closeAll, openHall } from '../coordinator/support/hall.ts';

/*
 * An operator's own strategy that threw was reported as a fault of Cairn, `internal`, with the advice to report it; one that
 * returned nothing came as a TypeError of a line of Cairn's.
 */

afterEach(closeAll);

const strategyOf = (made: unknown): StrategyDefinition =>
  defineStrategy({ name: 'mine', options: z.object({}), create: () => made as Strategy });

const applying = (apply: (model: Float32Array, update: Float32Array) => unknown): unknown => ({
  init: () => ({}),
  apply,
});

const ONES = new Float32Array(3).fill(1);

describe('a strategy of one’s own', () => {
  it('that throws is named, with what it threw as the cause', () => {
    const boom = new Error('boom');
    const strategy = strategyOf(
      applying(() => {
        throw boom;
      }),
    ).create({});
    expect(errorOf(() => strategy.apply(ONES, ONES, {}))).toMatchObject({
      code: 'learning-failed',
      message: 'strategy "mine": apply() failed: boom',
      hint: expect.stringContaining('the operator corrects the strategy') as string,
      cause: boom,
    });
  });

  it.each([
    ['nothing', undefined, 'apply() returned undefined'],
    ['no state', { model: ONES }, 'apply() returned undefined'],
    ['a model that is a plain array', { model: [1, 2, 3], state: {} }, 'a "model" that is no Float32Array'],
    ['a state that is a plain array', { model: ONES, state: { kept: [1] } }, 'a "kept" that is no Float32Array'],
  ])('that returns %s is named', (_, step, words) => {
    const strategy = strategyOf(applying(() => step)).create({});
    const error = errorOf(() => strategy.apply(ONES, ONES, {}));
    expect(error.code).toBe('learning-failed');
    expect(error.message).toContain(`strategy "mine": `);
    expect(error.message).toContain(words);
  });

  it.each([
    ['is nothing', undefined, 'create() returned undefined'],
    ['has no apply()', { init: () => ({}) }, 'without init() or apply()'],
    ['has an init() without state', { init: () => undefined, apply: () => 1 }, 'init() returned undefined'],
  ] as readonly [string, unknown, string][])('that %s is named when it is made', (_, made, words) => {
    const error = errorOf(() => strategyOf(made).create({}));
    expect([error.code, error.message]).toEqual(['learning-failed', expect.stringContaining(words)]);
  });

  it('that throws fails its task by name, and the model stays', async () => {
    const strategies = [
      strategyOf(
        applying(() => {
          throw new Error('boom');
        }),
      ),
    ];
    const hall = await openHall({ attempts: 1, strategy: 'mine' }, { strategies });
    const { modelHash } = hall.coordinator.tasks[0]!;
    await Promise.all([1, 2, 3, 4].map((member) => hall.join(member)));
    const error = await rejectionOf(hall.coordinator.finished);
    expect(error.code).toBe('learning-failed');
    expect(error.message).toContain('strategy "mine": apply() failed: boom');
    expect(hall.coordinator.tasks[0]!.modelHash).toBe(modelHash);
  });

  it('that makes NaN is named, and nobody is told that nothing was sent', async () => {
    const strategies = [strategyOf(applying((model) => ({ model: model.map(() => NaN), state: {} })))];
    const hall = await openHall({ attempts: 1, strategy: 'mine' }, { strategies });
    await Promise.all([1, 2, 3, 4].map((member) => hall.join(member)));
    const error = await rejectionOf(hall.coordinator.finished);
    expect(error.code).toBe('update-not-finite');
    expect(error.message).toContain('as strategy "mine" makes it');
    expect(error.message.match(/task "toy"/g)).toHaveLength(1);
    expect(error.hint).not.toContain('nothing was sent');
  });
});

describe('a group rule of one’s own', () => {
  const sums = [1, 5].map((value) => ({
    ...{ examples: 1, totalWeight: 1, loss: 0, accuracy: 0 },
    update: (_: number, into: Float32Array) => into.fill(value),
  }));
  const combining = (combine: () => unknown): Combination =>
    defineGroupRule({ name: 'mine', options: z.object({}), create: () => ({ combine: combine as () => Combination }) })
      .create({})
      .combine(sums, 2, []);
  const whole = byCoordinate(sums, (sorted) => sorted[0]!);
  const boom = (): never => {
    throw new Error('boom');
  };

  it.each<[string, () => unknown, string]>([
    ['throws', () => combining(boom), 'combine() failed: boom'],
    ['returns nothing', () => combining(() => undefined), 'combine() returned undefined'],
    ['has no steps', () => combining(() => ({ leftOut: [] })), 'without steps() or leftOut'],
    ['throws in a step', () => [...combining(() => ({ ...whole, steps: boom })).steps()], 'steps() failed: boom'],
    ['has no sum', () => combining(() => ({ ...whole, sum: undefined })).sum, 'sum returned undefined'],
    ['gives no loss', () => combining(() => ({ ...whole, sum: { ...whole.sum, loss: NaN } })).sum, 'sum.loss'],
    ['leaves out a sum that there is not', () => combining(() => ({ ...whole, leftOut: [2] })).leftOut, 'leftOut'],
    [
      'throws when its values are taken',
      () => combining(() => ({ ...whole, sum: { ...whole.sum, update: boom } })).sum.update(0, new Float32Array(1)),
      'sum.update() failed: boom',
    ],
  ])('that %s is named', (_, use, words) => {
    const error = errorOf(use);
    expect(error.code).toBe('learning-failed');
    expect(error.message).toContain('group rule "mine": ');
    expect(error.message).toContain(words);
  });
});

describe('options that are no schema', () => {
  const create = (): never => expect.unreachable();

  it.each([
    ['a plain object', { rate: 1 }],
    ['nothing', undefined],
    ['a schema of something else', z.number()],
  ])('are refused by defineStrategy and defineGroupRule: %s', (_, options) => {
    for (const define of [defineStrategy, defineGroupRule]) {
      const error = errorOf(() => define({ name: 'mine', options, create } as never));
      expect([error.code, error.message]).toEqual([
        'config-invalid',
        expect.stringContaining('must be a schema of zod'),
      ]);
    }
  });

  it('are refused of a definition that neither has made', () => {
    const raw = { name: 'mine', options: { rate: 1 }, create } as never;
    expect(errorOf(() => registryOf({ strategies: [raw] })).code).toBe('config-invalid');
    expect(errorOf(() => registryOf({ rules: [raw] })).code).toBe('config-invalid');
  });

  it('stand beside other keys that are refused, too, by name', () => {
    const error = errorOf(() => defineStrategy({ name: 'mine', options: z.object({}), creat: create } as never));
    expect(error).toMatchObject({ code: 'config-unknown-key' });
    expect(error.message).toContain('did you mean "create"?');
  });
});
