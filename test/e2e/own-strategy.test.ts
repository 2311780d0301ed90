import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../protocol/model/safetensors.ts';
import { cairnOnce, ROOT } from './support/running.ts';
import { CoordinatorProcess, World } from './support/world.ts';

const EXAMPLE = join(ROOT, 'examples/own-strategy/nesterov.mjs');

let world: World;

beforeAll(async () => {
  world = await World.create();
  await world.enrol(3);
});

afterAll(() => world.end());

describe('the example of a strategy of one’s own', () => {
  it('makes the next models of a task, as its formula says, before and after a restart', async () => {
    const strategy = { name: 'nesterov', momentum: 0.5 };
    const model = async (): Promise<number> => {
      const { tensors } = decodeSafetensors(await readFile(world.path('data/latest/tiny.safetensors')));
      return tensors['w']![0]!;
    };
    const [x1, x2] = await twoRounds(strategy, model);
    // Every member moves the model by 1 in every round: v₁ = 1, v₂ = 1.5.
    expect(x1).toBeCloseTo(1 + 0.5, 2);
    expect(x2! - x1!).toBeCloseTo(1 + 0.5 * 1.5, 2);
  });

  it('goes with the configuration beside it, which nobody else can run', async () => {
    const config = join(ROOT, 'examples/own-strategy/coordinator.json');
    const { code, stderr } = await cairnOnce(['coordinator', config]);
    expect(code).toBe(3);
    expect(stderr.join('\n')).toContain('unknown strategy "nesterov"');
  });
});

/** The model after a first round, and after a second one of another process. */
async function twoRounds(strategy: object, model: () => Promise<number>): Promise<number[]> {
  const models: number[] = [];
  for (const rounds of [1, 2]) {
    const config = await world.configure({ strategy, rounds, cohort: 3, quorum: 3 });
    const coordinator = await CoordinatorProcess.start([config, '--learning', EXAMPLE]);
    for (const member of [1, 2, 3]) world.member(coordinator.url, member);
    expect((await coordinator.report(rounds)).outcome).toBe('committed');
    expect((await coordinator.running.exited).code).toBe(0);
    models.push(await model());
  }
  return models;
}

describe('cairn coordinator --learning', () => {
  it.each([
    ['nothing of that name', 'export const strategy = 1;', 'exports neither `strategies` nor `rules`'],
    ['no list', 'export const strategies = {};', 'strategies: expected a list of definitions'],
    ['what is no definition', 'export const rules = [{ name: "x" }];', 'rules: expected a list of definitions'],
  ])('refuses a module that exports %s', async (_, source, words) => {
    await writeFile(world.path('wrong.mjs'), source);
    const config = await world.configure({ cohort: 3 });
    const { code, stderr } = await cairnOnce(['coordinator', config, '--learning', world.path('wrong.mjs')]);
    expect(code).toBe(3);
    expect(stderr.join('\n')).toContain(words);
  });
});
