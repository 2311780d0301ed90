import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldOutFrom } from '../../cli/held-out.ts';
import { parseConfig } from '../../coordinator/index.ts';
import { rejectionOf } from '../coordinator/support/errors.ts';
import { cairnOnce } from './support/running.ts';
import { CoordinatorProcess, World } from './support/world.ts';

let world: World;

/** Held-out data of the tiny model: the nearer its numbers are to 2, the better. */
const APP = `export default {
  shapes: { w: [4] },
  data: () => 2,
  train: () => { throw new Error('never called'); },
  evaluate: ({ w }, best) => {
    const loss = w.reduce((sum, value) => sum + Math.abs(value - best), 0) / w.length;
    return Promise.resolve({ examples: 4, loss, accuracy: 0.5 });
  },
};`;

beforeAll(async () => {
  world = await World.create();
  await world.enrol(3);
  await writeFile(world.path('held-out.mjs'), APP);
  await writeFile(world.path('blind.mjs'), APP.replace('evaluate:', 'look:'));
});

afterAll(() => world.end());

const CHECK = { validation: { metric: 'loss', tolerance: 0.01 }, quorum: 3, cohort: 3, attempts: 1 };

const tasks = (...given: readonly object[]) =>
  parseConfig({
    directory: { file: 'members.bin', authorityKey: 'ab'.repeat(32) },
    tasks: given.map((task) => ({ rounds: 1, cohort: 3, model: { tensors: { w: [4] } }, ...task })),
  }).tasks;

describe('cairn coordinator --held-out', () => {
  it('holds each new model against the one before, and ends with why it takes no more', async () => {
    const config = await world.configure(CHECK);
    const coordinator = await CoordinatorProcess.start([config, '--held-out', `tiny=${world.path('held-out.mjs')}`]);
    for (const member of [1, 2, 3]) world.member(coordinator.url, member);
    // From 0 to 1 to 2, and the third step goes too far.
    const [first, second, third] = [
      await coordinator.report(1),
      await coordinator.report(2),
      await coordinator.report(3),
    ];
    expect([first, second, third].map(({ outcome }) => outcome)).toEqual(['committed', 'committed', 'rolled-back']);
    expect(second.standing!.loss).toBeCloseTo(1, 2);
    expect(second.evaluation!.loss).toBeCloseTo(0, 2);
    expect(third).toMatchObject({ code: 'model-worse', modelHash: second.modelHash });
    const { code } = await coordinator.running.exited;
    expect(code).toBe(5);
    expect(coordinator.running.stderr.join('\n')).toMatch(
      /cairn: task "tiny": round 3 was given up .* \[model-worse\] — /,
    );
  });

  it('must be there for a task that checks its models', async () => {
    const { code, stderr } = await cairnOnce(['coordinator', await world.configure(CHECK)]);
    expect(code).toBe(2);
    expect(stderr.join('\n')).toMatch(/task "tiny" validates its models on held-out data.*--held-out tiny=APP/);
  });
});

// The coordinator started, and rolled every round back for ever.
describe('held-out data for a task that there is not', () => {
  it('are refused by the task’s name, not as a file that is missing', async () => {
    const config = await world.configure({ cohort: 3, quorum: 3 });
    const { code, stderr } = await cairnOnce(['coordinator', config, '--held-out', 'tinny=held-out.mjs']);
    expect(code).toBe(2);
    expect(stderr.join('\n')).toContain('there is no task "tinny"; did you mean "tiny"? [usage]');
  });
});

describe('held-out data without an example', () => {
  it.each([
    ['where models are checked', CHECK],
    ['where they are only looked at', { quorum: 3, cohort: 3 }],
  ])('end the coordinator before it listens, with exit code 3, %s', async (_, task) => {
    await writeFile(world.path('empty.mjs'), APP.replace('examples: 4, loss', 'examples: 0, loss: NaN'));
    const config = await world.configure(task, { logLevel: 'silent' });
    const { code, stderr } = await cairnOnce(['coordinator', config, '--held-out', world.path('empty.mjs')]);
    expect(stderr).toEqual([
      expect.stringMatching(/^cairn: --held-out .*empty\.mjs: its data have no examples \[data-empty\] — /),
    ]);
    expect(code).toBe(3);
  });

  it('are told from data that evaluate to NaN, which end it as well', async () => {
    await writeFile(world.path('nan.mjs'), APP.replace('examples: 4, loss', 'examples: 4, loss: NaN'));
    // A folder of its own: a model that rounds have led to may be beyond all numbers, a first one is not.
    const config = await world.configure(CHECK, { logLevel: 'silent', dataDir: 'fresh' });
    const { code, stderr } = await cairnOnce(['coordinator', config, '--held-out', world.path('nan.mjs')]);
    expect(stderr.join('\n')).toContain('[evaluation-not-finite]');
    expect(code).toBe(3);
  });
});

describe('held-out data by task', () => {
  it('are those that the task is given, else those for all', async () => {
    const app = world.path('held-out.mjs');
    const evaluate = await heldOutFrom([`a=${app}`], tasks({ name: 'a' }, { name: 'b' }));
    const tensors = { w: Float32Array.of(2, 2, 2, 3) };
    expect(await evaluate!('a', tensors)).toEqual({ examples: 4, loss: 0.25, accuracy: 0.5 });
    expect(await evaluate!('b', tensors)).toBeUndefined();
    const all = await heldOutFrom([app], tasks({ name: 'a', ...CHECK }, { name: 'b' }));
    expect(await all!('b', tensors)).toMatchObject({ loss: 0.25 });
  });

  it('are none where none are named', async () => {
    expect(await heldOutFrom([], tasks({ name: 'a' }))).toBeUndefined();
  });

  it.each([
    ['a module without evaluate()', 'blind.mjs', 'config-invalid'],
    ['a module that is not there', 'nothing.mjs', 'config-unreadable'],
  ])('are not those of %s', async (_, file, code) => {
    expect(await rejectionOf(heldOutFrom([world.path(file)], tasks({ name: 'a' })))).toMatchObject({ code });
  });
});
