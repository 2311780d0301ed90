import { unmaskRunner } from '../../coordinator/rounds/runner.ts';
import { secagg } from '../../protocol/schemes/secagg/scheme.ts';
import { describe, expect, it } from 'vitest';
import { createLog, MemoryStore, parseConfig } from '../../coordinator/index.ts';
import { MemberRegistry } from '../../coordinator/members.ts';
import { Names } from '../../coordinator/names.ts';
import type { TaskHost } from '../../coordinator/rounds/host.ts';
import { TaskModel } from '../../coordinator/rounds/model.ts';
import { Task } from '../../coordinator/rounds/task.ts';
import { Unmasker } from '../../coordinator/workers/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { seatsOf } from './support/quarrel-game.ts';
import { until } from './support/until.ts';

/** As often as members are looked for before a loop without a pause is ended: nothing else would end it. */
const SPINNING = 1000;

describe('a task whose members another one always takes first', () => {
  it('lets the process continue between its attempts, and can be stopped', async () => {
    const [config] = parseConfig({
      directory: { file: 'members.bin', authorityKey: '00'.repeat(32) },
      tasks: [{ name: 'toy', model: { tensors: { w: [1] }, seed: 1 }, rounds: 1, cohort: 4, retryPause: 0 }],
    }).tasks;
    const seats = seatsOf(4);
    const everybody = seats.idle('toy');
    let looked = 0;
    // They are there when it wakes, and gone when it seats them.
    seats.idle = () => {
      if (looked === SPINNING) throw new Error('nothing else has run in between');
      return looked++ % 2 === 0 ? everybody : [];
    };
    const unmasker = new Unmasker({ primitives: nodePrimitives, workers: 0 });
    const ignore = (): void => undefined;
    const host: TaskHost = {
      ...{ primitives: nodePrimitives, random: systemRandom, log: createLog('silent'), evaluate: undefined },
      ...{
        members: new MemberRegistry(undefined, ['toy'], () => 0),
        seats,
        schemes: [secagg],
        runner: unmaskRunner(unmasker, nodePrimitives),
      },
      ...{
        state: ignore,
        progress: ignore,
        waiting: ignore,
        unmasked: ignore,
        dropped: ignore,
        rebased: ignore,
        fault: ignore,
        stands: ignore,
      },
      names: new Names(() => undefined),
      report: () => Promise.resolve(),
    };
    const task = new Task(config!, await TaskModel.open(new MemoryStore(), config!), host);
    const running = task.run();
    await until(() => looked >= 4);
    task.stop();
    await running;
    expect(task.status.state).toBe('stopped');
    expect(looked).toBeLessThan(SPINNING);
  });
});
