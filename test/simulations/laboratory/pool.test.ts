import { describe, expect, it } from 'vitest';
import { createPool } from '../../../simulations/laboratory/pool.ts';
import { defineWorkerTask } from '../../../simulations/laboratory/worker.ts';

const double = defineWorkerTask(import.meta.url, 'double', (value: number) => 2 * value);

describe('a pool of one thread', () => {
  it('stops between two tasks, though none of them waits for anything', async () => {
    const pool = createPool(1);
    const controller = new AbortController();
    let done = 0;
    setImmediate(() => controller.abort(new Error('enough')));
    const working = (async () => {
      for (; done < 1000; done++) await pool.run(double, done, controller.signal);
    })();
    await expect(working).rejects.toThrow('enough');
    expect(done).toBeLessThan(1000);
  });
});
