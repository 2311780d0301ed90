import { expectLength, type Primitives, SIZES, type SuiteId } from '../../protocol/crypto/index.ts';
import { planCost, type UnmaskPlan } from '../../protocol/schemes/secagg/index.ts';

/** Version of the layout below. A worker built from other sources refuses to read it. */
export const LAYOUT = 1;

/** The owner of a self mask's job: no member dropped. */
export const NOBODY = -1;

/** Words of {@link JobList.control}, which all threads change by atomic operations only. */
export const CONTROL = {
  /** Place in `todo` of the next batch to be taken. */
  next: 0,
  /** Entries of `todo` that count. */
  count: 1,
  /** Set to 1: all workers must stop. */
  stop: 2,
  /** Masks that have been added. */
  done: 3,
} as const;

/**
 * An unmask plan in memory shared by threads: a message to a worker copies only a dozen views, whatever the plan's
 * size. A mask is one entry of a plan, counted across all jobs; a batch is `batchSize` consecutive masks, and the unit
 * that a worker takes, so that a slow one takes fewer.
 *
 * A mask's sign is not stored: it follows from the indices, in the one place that knows how (`expandPlan`).
 */
export interface JobList {
  readonly layout: number;
  readonly primitives: Primitives['name'];
  readonly suite: SuiteId;
  readonly sessionId: Uint8Array;
  /** Number of coordinates. */
  readonly length: number;
  readonly batchSize: number;
  /** See {@link CONTROL}. */
  readonly control: Int32Array;
  /** Per job 32 bytes: a self mask's key, or the secret key of a member that dropped. Zeroed at the end. */
  readonly secrets: Uint8Array;
  /** Per job: the index of the member that dropped, or {@link NOBODY}. */
  readonly owners: Int32Array;
  /** Per job: its first mask; then the total number of masks. */
  readonly starts: Uint32Array;
  /** Per mask: the survivor's row in the two tables below; 0 for a self mask. */
  readonly rows: Uint32Array;
  /** Per row: a survivor's index. */
  readonly indices: Uint32Array;
  /** Per row: its public mask key, 32 bytes. */
  readonly keys: Uint8Array;
  /** Numbers of the batches to compute. */
  readonly todo: Uint32Array;
  /** Per batch: the seat of the worker that took it, from 1; 0 if none did. */
  readonly taken: Int32Array;
}

const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);

/** Collects survivors, each once: a plan names the same few repeatedly. */
class Rows {
  readonly indices: number[] = [];
  readonly keys: Uint8Array[] = [];
  /** By index: a map takes about twice as long, and a large plan names survivors a million times. */
  readonly #known: (number | undefined)[] = [];

  of({ index, maskKey }: { readonly index: number; readonly maskKey: Uint8Array }): number {
    const known = this.#known[index];
    if (known !== undefined && this.keys[known] === maskKey) return known;
    // The agreement throws this on one thread; a key of another length must not run into the next row.
    expectLength('x25519 public key', maskKey, SIZES.key);
    this.#known[index] = this.indices.length;
    this.keys.push(maskKey);
    return this.indices.push(index) - 1;
  }
}

/**
 * Lays a plan out for workers, with all batches still to do. The caller ends it with {@link wipeJobs}.
 * @param batchSize masks per batch
 * @throws CairnError `secret-wiped`, `key-invalid`: what the computation would have thrown on one thread
 */
export function shareJobs(plan: UnmaskPlan, primitives: Primitives['name'], batchSize: number): JobList {
  const { jobs } = plan;
  const masks = planCost(plan);
  const batches = Math.ceil(masks / batchSize);
  const secrets = new Uint8Array(shared(SIZES.key * jobs.length));
  const owners = new Int32Array(shared(4 * jobs.length));
  const starts = new Uint32Array(shared(4 * (jobs.length + 1)));
  const rows = new Uint32Array(shared(4 * masks));
  const table = new Rows();
  try {
    let mask = 0;
    for (const [at, job] of jobs.entries()) {
      const secret = (job.kind === 'self' ? job.key : job.secretKey).expose();
      expectLength(job.kind === 'self' ? 'chacha key' : 'x25519 secret key', secret, SIZES.key);
      secrets.set(secret, SIZES.key * at);
      owners[at] = job.kind === 'self' ? NOBODY : job.index;
      starts[at] = mask;
      if (job.kind === 'self') mask++;
      else for (const peer of job.peers) rows[mask++] = table.of(peer);
    }
    starts[jobs.length] = mask;
  } catch (thrown) {
    secrets.fill(0);
    throw thrown;
  }
  const indices = new Uint32Array(shared(4 * table.indices.length));
  indices.set(table.indices);
  const keys = new Uint8Array(shared(SIZES.key * table.keys.length));
  table.keys.forEach((key, row) => keys.set(key, SIZES.key * row));
  const list = {
    layout: LAYOUT,
    primitives,
    suite: plan.suite,
    sessionId: plan.sessionId.slice(),
    length: plan.length,
    batchSize,
    secrets,
    owners,
    starts,
    rows,
    indices,
    keys,
  };
  return withTodo(
    list,
    Array.from({ length: batches }, (_, batch) => batch),
  );
}

/** Number of masks in a list. */
export const maskCount = ({ rows }: JobList): number => rows.length;

/** The masks of one batch: the first, and one past the last. */
export function batchRange(
  { batchSize, rows }: Pick<JobList, 'batchSize' | 'rows'>,
  batch: number,
): readonly [first: number, end: number] {
  return [batch * batchSize, Math.min(rows.length, (batch + 1) * batchSize)];
}

/**
 * The same plan with these batches to compute next. All arrays that workers write to are new: a worker that was given
 * up may still be using the previous list, and a batch that it takes or marks there must not count here.
 */
export function withTodo(list: Omit<JobList, 'control' | 'todo' | 'taken'>, batches: readonly number[]): JobList {
  const all = Math.ceil(list.rows.length / list.batchSize);
  const control = new Int32Array(shared(4 * Object.keys(CONTROL).length));
  const todo = new Uint32Array(shared(4 * all));
  todo.set(batches);
  const masks = batches.reduce((sum, batch) => {
    const [first, end] = batchRange(list, batch);
    return sum + end - first;
  }, 0);
  control[CONTROL.done] = list.rows.length - masks;
  control[CONTROL.count] = batches.length;
  return { ...list, control, todo, taken: new Int32Array(shared(4 * all)) };
}

/**
 * The batches that must be computed again: those whose worker returned no sum, and those that none took.
 * @param batches the batches that were to be computed
 * @param summed seats that returned a sum
 */
export function lostBatches(
  { taken }: JobList,
  batches: readonly number[],
  summed: ReadonlySet<number>,
): readonly number[] {
  return batches.filter((batch) => !summed.has(Atomics.load(taken, batch)));
}

/** Stops all workers on the list, each after its current mask. */
export function stopJobs({ control }: JobList): void {
  Atomics.store(control, CONTROL.stop, 1);
}

/** Stops all workers on the list, and zeroes its secrets, which all lists of the same plan share. */
export function wipeJobs(list: JobList): void {
  stopJobs(list);
  list.secrets.fill(0);
}
