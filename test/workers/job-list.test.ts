import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchPlan, checkJobs, takeBatch, wipePlan } from '../../coordinator/workers/batches.ts';
import { computeBatches, type WorkerEnd, type WorkerTask } from '../../coordinator/workers/compute.ts';
import { batchSizeFor, MIN_WORDS, planWords } from '../../coordinator/workers/cost.ts';
import { computeInPool } from '../../coordinator/workers/in-pool.ts';
import {
  CONTROL,
  type JobList,
  lostBatches,
  shareJobs,
  wipeJobs,
  withTodo,
} from '../../coordinator/workers/job-list.ts';
import { workerFile } from '../../coordinator/workers/location.ts';
import { paced } from '../../coordinator/workers/paced.ts';
import { computePlan, planCost } from '../../protocol/schemes/secagg/unmask.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { planOf } from './support/plans.ts';

const shapes = fc.record({
  seed: fc.nat(255),
  suite: fc.constantFrom(1 as const, 2 as const),
  length: fc.constant(20),
  jobs: fc.array(fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 9 })), { maxLength: 9 }),
});

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

describe('a job list', () => {
  it('holds each mask of a plan once, in order', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 7 }), (shape, batchSize) => {
        const plan = planOf(shape);
        const list = shareJobs(plan, 'node', batchSize);
        checkJobs(list);
        const batches = [...list.todo];
        const parts = batches.map((batch) => batchPlan(list, batch));
        for (const part of parts.slice(0, -1)) expect(planCost(part)).toBe(batchSize);
        expect(parts.reduce((sum, part) => sum + planCost(part), 0)).toBe(planCost(plan));
        const flat = ({ jobs }: Pick<typeof plan, 'jobs'>): unknown[] =>
          jobs.flatMap((job): unknown[] =>
            job.kind === 'self'
              ? [[...job.key.expose()]]
              : job.peers.map(({ index, maskKey }) => [job.index, [...job.secretKey.expose()], index, [...maskKey]]),
          );
        expect(parts.flatMap(flat)).toEqual(flat(plan));
        for (const part of parts) wipePlan(part);
        expect(plan.jobs.every((job) => !isZero((job.kind === 'self' ? job.key : job.secretKey).expose()))).toBe(true);
      }),
    );
  });

  it('names a survivor once, however often a plan does', () => {
    const list = shareJobs(planOf({ seed: 1, suite: 1, length: 5, jobs: [8, 8, 8, 5] }), 'node', 4);
    expect([list.indices.length, list.keys.length, list.rows.length]).toEqual([8, 256, 29]);
  });

  it('gives every batch to one taker, and none once it has stopped', () => {
    const list = shareJobs(planOf({ seed: 1, suite: 1, length: 5, jobs: [9, -1] }), 'node', 3);
    expect([takeBatch(list, 1), takeBatch(list, 2), takeBatch(list, 1)]).toEqual([0, 1, 2]);
    expect([...list.taken]).toEqual([1, 2, 1, 0]);
    wipeJobs(list);
    expect([takeBatch(list, 1), takeBatch(list, 2)]).toEqual([undefined, undefined]);
  });

  it('knows which batches were lost with their taker, and which nobody took', () => {
    const list = shareJobs(planOf({ seed: 1, suite: 1, length: 5, jobs: [9, -1] }), 'node', 3);
    const all = [0, 1, 2, 3];
    for (const seat of [1, 2, 1]) takeBatch(list, seat);
    expect(lostBatches(list, all, new Set([1]))).toEqual([1, 3]);
    const again = withTodo(list, [1, 3]);
    // Three of batch 1 and one of batch 3 are to be done again.
    expect(Atomics.load(again.control, CONTROL.done)).toBe(6);
    expect([takeBatch(again, 2), takeBatch(again, 2), takeBatch(again, 2)]).toEqual([1, 3, undefined]);
    expect(lostBatches(again, [1, 3], new Set([2]))).toEqual([]);
  });

  it('is zeroed where a secret turns out to be wiped half way', () => {
    const plan = planOf({ seed: 1, suite: 1, length: 5, jobs: [-1, -1] });
    if (plan.jobs[1]!.kind === 'self') plan.jobs[1]!.key.wipe();
    expect(() => shareJobs(plan, 'node', 1)).toThrow('wiped');
  });
});

describe('a worker', () => {
  const list = (): JobList => shareJobs(planOf({ seed: 3, suite: 1, length: 20, jobs: [-1, 4, 0, 2] }), 'node', 2);
  const broken: readonly (readonly [string, (list: JobList) => JobList])[] = [
    ['of another layout', (good) => ({ ...good, layout: 99 })],
    ['of no suite', (good) => ({ ...good, suite: 7 as 1 })],
    ['whose session id is short', (good) => ({ ...good, sessionId: new Uint8Array(31) })],
    ['without batches', (good) => ({ ...good, batchSize: 0 })],
    ['with control words missing', (good) => ({ ...good, control: good.control.subarray(1) })],
    ['with a secret too few', (good) => ({ ...good, secrets: good.secrets.subarray(32) })],
    ['with a job too few', (good) => ({ ...good, owners: good.owners.subarray(1) })],
    ['with a mask too few', (good) => ({ ...good, rows: good.rows.subarray(1) })],
    ['with a key too few', (good) => ({ ...good, keys: good.keys.subarray(32) })],
    ['with a batch too few', (good) => ({ ...good, todo: good.todo.subarray(1), taken: good.taken.subarray(1) })],
    ['that takes notes elsewhere', (good) => ({ ...good, taken: good.taken.subarray(1) })],
    ['that begins late', (good) => ({ ...good, starts: good.starts.map((start, at) => (at === 0 ? 1 : start)) })],
    ['whose jobs overlap', (good) => ({ ...good, starts: Uint32Array.of(0, 1, 7, 5, 7) })],
    ['whose self mask has two', (good) => ({ ...good, starts: Uint32Array.of(0, 2, 5, 5, 7) })],
    ['that names a row which is not there', (good) => ({ ...good, rows: good.rows.map(() => 9) })],
  ];

  it.each(broken)('refuses a list %s', (_, breakIt) => {
    const task: WorkerTask = { list: breakIt(list()), seat: 1, sum: new Uint32Array(20) };
    expect(() => computeBatches(task)).toThrow('job list');
  });

  it('refuses a place for its sum that does not fit', () => {
    expect(() => computeBatches({ list: list(), seat: 1, sum: new Uint32Array(19) })).toThrow('job list');
  });

  it('writes no sum once it was told to stop', () => {
    const stopped = list();
    wipeJobs(stopped);
    const sum = new Uint32Array(20);
    expect(computeBatches({ list: stopped, seat: 1, sum })).toEqual({ kind: 'stopped' });
    expect(sum.every((word) => word === 0)).toBe(true);
  });
});

describe('the memory that threads share', () => {
  const plan = planOf({ seed: 5, suite: 1, length: 20, jobs: [-1, 4, -1] });
  const options = { primitives: nodePrimitives, onProgress: () => undefined, onLost: () => undefined };
  const signal = new AbortController().signal;

  /** Computes in this thread, and shows the tasks that came. */
  function watched(run: (task: WorkerTask) => WorkerEnd): {
    readonly tasks: WorkerTask[];
    readonly pool: { readonly threads: number; run(task: WorkerTask): Promise<WorkerEnd> };
  } {
    const tasks: WorkerTask[] = [];
    const pool = {
      threads: 2,
      run: async (task: WorkerTask): Promise<WorkerEnd> => {
        tasks.push(task);
        await Promise.resolve();
        return run(task);
      },
    };
    return { tasks, pool };
  }

  const expectZero = (tasks: readonly WorkerTask[]): void => {
    expect(tasks.length).toBeGreaterThan(0);
    for (const { list, sum } of tasks) {
      expect(isZero(list.secrets)).toBe(true);
      expect(sum.every((word) => word === 0)).toBe(true);
    }
  };

  it('is zero after a plan', async () => {
    const { tasks, pool } = watched(computeBatches);
    const correction = await computeInPool(plan, { ...options, pool, signal });
    expect(correction?.toValues(32)).toEqual(computePlan(plan, nodePrimitives).toValues(32));
    expectZero(tasks);
  });

  it('is zero after workers were lost again and again', async () => {
    const { tasks, pool } = watched(() => {
      throw new Error('lost');
    });
    expect(await computeInPool(plan, { ...options, pool, signal })).toBeUndefined();
    expectZero(tasks);
  });

  it('is zero after a failure, and the others are told to stop', async () => {
    const { tasks, pool } = watched((task) =>
      task.seat === 1 ? { kind: 'failed', code: 'key-invalid', message: 'low', culprits: [3] } : computeBatches(task),
    );
    await expect(computeInPool(plan, { ...options, pool, signal })).rejects.toMatchObject({
      code: 'key-invalid',
      message: 'low',
      culprits: [3],
    });
    expect(Atomics.load(tasks[0]!.list.control, CONTROL.stop)).toBe(1);
    expectZero(tasks);
  });

  it('is zero at the very moment a round is abandoned', async () => {
    const over = new AbortController();
    const { tasks, pool } = watched((task) => {
      if (!over.signal.aborted) {
        expect(isZero(task.list.secrets)).toBe(false);
        over.abort(new Error('over'));
        expect(isZero(task.list.secrets)).toBe(true);
      }
      return computeBatches(task);
    });
    await expect(computeInPool(plan, { ...options, pool, signal: over.signal })).rejects.toThrow('over');
    expectZero(tasks);
  });

  it('gets the sum of a worker that took what a lost one had', async () => {
    let first = true;
    const { tasks, pool } = watched((task) => {
      if (task.seat === 2 || !first) return computeBatches(task);
      first = false;
      takeBatch(task.list, task.seat);
      throw new Error('lost');
    });
    const many = planOf({ seed: 6, suite: 1, length: 20, jobs: [70, 70, -1] });
    const correction = await computeInPool(many, { ...options, pool, signal });
    expect(correction?.toValues(32)).toEqual(computePlan(many, nodePrimitives).toValues(32));
    expect(tasks.length).toBeGreaterThan(2);
  });

  it.each<[string, (lost: WorkerTask) => void, (lost: WorkerTask) => void]>([
    ['takes a batch before the others', ({ list, seat }) => void takeBatch(list, seat), () => undefined],
    ['marks batches that others have added', () => undefined, ({ list, seat }) => void list.taken.fill(seat)],
    ['overwrites the sum of the others', () => undefined, ({ sum }) => void sum.fill(1)],
  ])('is out of reach of a worker that was given up and still %s', async (_, before, after) => {
    let lost: WorkerTask | undefined;
    const { pool } = watched((task) => {
      if (lost === undefined) {
        lost = task;
        throw new Error('lost');
      }
      before(lost);
      const end = computeBatches(task);
      after(lost);
      return end;
    });
    const many = planOf({ seed: 6, suite: 1, length: 20, jobs: [70, 70, -1] });
    const correction = await computeInPool(many, { ...options, pool: { ...pool, threads: 1 }, signal });
    expect(correction?.toValues(32)).toEqual(computePlan(many, nodePrimitives).toValues(32));
    expect(Atomics.load(lost!.list.control, CONTROL.stop)).toBe(1);
  });
});

describe('what a plan costs', () => {
  it('is its words and its agreements', () => {
    const selfs = planOf({ seed: 1, suite: 1, length: 100, jobs: [-1, -1] });
    expect(planWords(selfs)).toBe(200);
    expect(planWords(planOf({ seed: 1, suite: 1, length: 0, jobs: [3] }))).toBeGreaterThan(3);
  });

  it('sends great plans to the workers, in batches of at least one mask', () => {
    const great = planOf({ seed: 1, suite: 1, length: 10_000_000, jobs: new Array<number>(10).fill(-1) });
    expect(planWords(great)).toBeGreaterThanOrEqual(MIN_WORDS);
    expect(batchSizeFor(great)).toBe(1);
    expect(batchSizeFor(planOf({ seed: 1, suite: 1, length: 0, jobs: [-1] }))).toBe(64);
    expect(batchSizeFor(planOf({ seed: 1, suite: 1, length: 0, jobs: [] }))).toBeGreaterThanOrEqual(1);
  });
});

describe('progress', () => {
  it('is told at a pace, and not after the end', () => {
    let now = 0;
    const told: number[] = [];
    const over = new AbortController();
    const report = paced(
      (done) => void told.push(done),
      over.signal,
      () => now,
    );
    for (now = 0; now <= 1000; now += 50) report(now, 2000);
    expect(told).toEqual([250, 500, 750, 1000]);
    over.abort();
    now = 2000;
    report(2000, 2000);
    expect(told).toHaveLength(4);
  });
});

describe('the worker’s file', () => {
  it('lies beside the module in dist/, and in dist/ for sources', () => {
    expect(workerFile()?.href).toMatch(/dist\/coordinator\/workers\/worker\.js$/);
    expect(workerFile(workerFile()?.href)).toEqual(workerFile());
  });

  it('may be missing', () => {
    expect(workerFile('file:///nowhere/coordinator/workers/location.ts')).toBeUndefined();
    expect(workerFile('file:///nowhere/dist/coordinator/workers/location.js')).toBeUndefined();
  });
});
