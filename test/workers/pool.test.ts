import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { computeInPool } from '../../coordinator/workers/in-pool.ts';
import { WorkerPool } from '../../coordinator/workers/pool.ts';
import { Unmasker } from '../../coordinator/workers/unmasker.ts';
import { computePlan, type UnmaskPlan } from '../../protocol/schemes/secagg/unmask.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import { errorOf, rejectionOf } from '../coordinator/support/errors.ts';
import { LOW_ORDER_KEY, planOf } from './support/plans.ts';
import { builtWorker } from './support/worker-file.ts';

const file = builtWorker();
const pools = [1, 2, 3].map((threads) => new WorkerPool(file, threads));
const never = new AbortController().signal;
const ignore = (): void => undefined;
const quiet = { primitives: nodePrimitives, signal: never, onProgress: ignore, onLost: ignore };
const closers: (() => Promise<void>)[] = [];

afterAll(() => Promise.all(pools.map((pool) => pool.close())));
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function unmasker(workers: number, change: { file?: URL; onLost?: (workers: number) => void } = {}): Unmasker {
  const made = new Unmasker({ primitives: nodePrimitives, workers, file, minWords: 0, ...change });
  closers.push(() => made.close());
  return made;
}

/** Some seconds of work for one thread on a busy machine: long enough to be met in the middle of it. */
const long = (): UnmaskPlan => planOf({ seed: 7, suite: 2, length: 300_000, jobs: new Array<number>(900).fill(-1) });

const onOneThread = (plan: UnmaskPlan): Uint32Array => computePlan(plan, nodePrimitives).toValues(32);

describe('a plan in worker threads', () => {
  it('comes to the same bits as on one thread', async () => {
    const lengths = fc.constantFrom(0, 1, 15, 16, 63, 64, 65, 1000, 4099);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat(255),
          suite: fc.constantFrom(1 as const, 2 as const),
          length: lengths,
          jobs: fc.array(fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 70 })), { maxLength: 6 }),
        }),
        fc.constantFrom(...pools),
        // Seldom, since it is slow.
        fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
        async (shape, pool, portable) => {
          const plan = planOf(shape);
          const primitives = portable ? portablePrimitives : nodePrimitives;
          const correction = await computeInPool(plan, { ...quiet, pool, primitives });
          expect(correction?.toValues(32)).toEqual(onOneThread(plan));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('leaves the plan as it was, for the session to wipe', async () => {
    const plan = planOf({ seed: 1, suite: 1, length: 10, jobs: [-1, 3] });
    await computeInPool(plan, { ...quiet, pool: pools[1]! });
    for (const job of plan.jobs) expect((job.kind === 'self' ? job.key : job.secretKey).wiped).toBe(false);
  });

  it('leaves the event loop free', async () => {
    let turns = 0;
    let over = false;
    const tick = (): void => {
      turns++;
      if (!over) setImmediate(tick);
    };
    const plan = planOf({ seed: 2, suite: 1, length: 100_000, jobs: new Array<number>(200).fill(-1) });
    setImmediate(tick);
    await computeInPool(plan, { ...quiet, pool: pools[1]! });
    over = true;
    // Far more turns than the threads take batches.
    expect(turns).toBeGreaterThan(plan.jobs.length);
  });

  it('tells how far it is, in the end that it is there', async () => {
    const told: (readonly [number, number])[] = [];
    const plan = planOf({ seed: 3, suite: 1, length: 100, jobs: [-1, 5, -1] });
    const onProgress = (done: number, of: number): void => void told.push([done, of]);
    const { workers } = await unmasker(2).compute(plan, { signal: never, onProgress });
    expect(workers).toBe(2);
    expect(told.at(-1)).toEqual([7, 7]);
    for (const [done, of] of told) expect(done).toBeLessThanOrEqual(of);
  });

  it('refuses a key of low order in the words of one thread', async () => {
    const plan = planOf({ seed: 4, suite: 1, length: 100, jobs: [-1, 30, 30, -1] });
    const job = plan.jobs[2]!;
    if (job.kind === 'pair') Object.assign(job.peers[17]!, { maskKey: LOW_ORDER_KEY });
    const expected = errorOf(() => computePlan(plan, nodePrimitives));
    expect(expected.code).toBe('key-invalid');
    const { code, message } = await rejectionOf(unmasker(2).compute(plan, { signal: never }));
    expect({ code, message }).toEqual({ code: expected.code, message: expected.message });
  });

  it('refuses secrets that were wiped before, and keys of another length', async () => {
    const wiped = planOf({ seed: 5, suite: 1, length: 100, jobs: [-1, -1] });
    if (wiped.jobs[1]!.kind === 'self') wiped.jobs[1]!.key.wipe();
    expect((await rejectionOf(unmasker(1).compute(wiped, { signal: never }))).code).toBe('secret-wiped');
    const short = planOf({ seed: 5, suite: 1, length: 100, jobs: [3] });
    if (short.jobs[0]!.kind === 'pair') Object.assign(short.jobs[0]!.peers[1]!, { maskKey: new Uint8Array(31) });
    const { message } = await rejectionOf(unmasker(1).compute(short, { signal: never }));
    expect(message).toBe(errorOf(() => computePlan(short, nodePrimitives)).message);
  });
});

describe('a worker thread that dies', () => {
  it('in the middle of a plan is replaced, and the sum is exact', async () => {
    const pool = new WorkerPool(file, 2);
    closers.push(() => pool.close());
    const plan = long();
    let killed = 0;
    let lost = 0;
    const correction = await computeInPool(plan, {
      ...quiet,
      pool,
      onProgress: (done, of) => {
        if (killed > 0 || done === 0 || done === of) return;
        killed = Math.min(1, pool.forTestingKill(1));
      },
      onLost: (workers) => (lost += workers),
    });
    expect([killed, lost]).toEqual([1, 1]);
    expect(correction?.toValues(32)).toEqual(onOneThread(plan));
  });

  it.each([
    ['in every task', 'export default () => process.exit(1);'],
    ['before its first task', 'process.exit(1);'],
    ['since its file does not load', "throw new Error('no');"],
    ['since it never learnt the trade', 'export const other = 1;'],
  ])('%s leaves the plan to the main thread', async (_, source) => {
    const folder = await mkdtemp(join(tmpdir(), 'cairn-workers-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const broken = join(folder, 'worker.mjs');
    await writeFile(broken, source);
    let lost = 0;
    const plan = planOf({ seed: 6, suite: 1, length: 100, jobs: [-1, 5, -1] });
    const { correction, workers } = await unmasker(1, {
      file: pathToFileURL(broken),
      onLost: (count) => (lost += count),
    }).compute(plan, { signal: never });
    expect(workers).toBe(0);
    expect(lost).toBe(3);
    expect(correction.toValues(32)).toEqual(onOneThread(plan));
  });
});

describe('a plan that is given up', () => {
  it('ends in the middle, and the threads are there for the next', async () => {
    const over = new AbortController();
    const pool = pools[1]!;
    let at = 0;
    const done = computeInPool(long(), {
      ...quiet,
      pool,
      signal: over.signal,
      onProgress: (masks) => {
        at = masks;
        if (masks > 0) over.abort(new Error('over'));
      },
    });
    await expect(done).rejects.toThrow('over');
    expect(at).toBeGreaterThan(0);
    expect(at).toBeLessThan(900);
    const next = planOf({ seed: 8, suite: 1, length: 100, jobs: [-1, 5] });
    expect((await computeInPool(next, { ...quiet, pool }))?.toValues(32)).toEqual(onOneThread(next));
  });

  it('does not begin where the round is over already', async () => {
    const plan = planOf({ seed: 9, suite: 1, length: 100, jobs: [-1] });
    const signal = AbortSignal.abort(new Error('over'));
    await expect(computeInPool(plan, { ...quiet, pool: pools[0]!, signal })).rejects.toThrow('over');
  });
});

describe('an unmasker', () => {
  const plan = planOf({ seed: 10, suite: 1, length: 100, jobs: [-1, 4] });

  it('keeps small plans on the main thread', async () => {
    const made = new Unmasker({ primitives: nodePrimitives, workers: 2, file });
    const { workers, correction } = await made.compute(plan, { signal: never });
    expect(workers).toBe(0);
    expect(correction.toValues(32)).toEqual(onOneThread(plan));
    await made.close();
  });

  it('has no threads where none are asked for', async () => {
    const { workers, correction } = await unmasker(0).compute(plan, { signal: never });
    expect(workers).toBe(0);
    expect(correction.toValues(32)).toEqual(onOneThread(plan));
  });

  it('computes on the main thread once its threads have ended, and may be closed twice', async () => {
    const made = unmasker(2);
    expect((await made.compute(plan, { signal: never })).workers).toBe(2);
    await made.close();
    await made.close();
    expect((await made.compute(plan, { signal: never })).workers).toBe(0);
  });

  it('computes two plans at once', async () => {
    const made = unmasker(2);
    const other = planOf({ seed: 11, suite: 2, length: 1000, jobs: [-1, 40, 40] });
    const [first, second] = await Promise.all([plan, other].map((work) => made.compute(work, { signal: never })));
    expect(first!.correction.toValues(32)).toEqual(onOneThread(plan));
    expect(second!.correction.toValues(32)).toEqual(onOneThread(other));
  });
});
