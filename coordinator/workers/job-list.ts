import { expectLength, type Primitives, SIZES, type SuiteId } from '../../protocol/crypto/index.ts';
import { planCost, type UnmaskPlan } from '../../protocol/schemes/secagg/index.ts';

/** Version of the layout below. A worker that was built from other sources refuses to read it. */
export const LAYOUT = 1;

/** Who a self mask's job belongs to: nobody that dropped. */
export const NOBODY = -1;

/** Words of {@link JobList.control}, which all threads change by atomic operations only. */
export const CONTROL = {
  /** Place in `todo` of the next batch to be taken. */
  next: 0,
  /** Entries of `todo` that count. */
  count: 1,
  /** Set to 1: nobody is to go on. */
  stop: 2,
  /** Masks that have been added. */
  done: 3,
} as const;

/**
 * An unmask plan in memory that threads share: what a message copies once per worker is a dozen views, whatever the
 * plan's size. A mask is one entry of a plan, counted through all jobs; a batch is `batchSize` masks in a row, and the
 * unit that a worker takes, so that one that is slow takes fewer.
 *
 * A mask's sign does not stand here: it follows from the indices, in the one place that knows how (`expandPlan`).
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
  /** Per job 32 bytes: a self mask's key, or the secret key of a member that dropped. Zeroed in the end. */
  readonly secrets: Uint8Array;
  /** Per job: the index of the member that dropped, or {@link NOBODY}. */
  readonly owners: Int32Array;
  /** Per job its first mask, and at the end the number of masks. */
  readonly starts: Uint32Array;
  /** Per mask the survivor's row in the two tables below; 0 for a self mask. */
  readonly rows: Uint32Array;
  /** Per row: a survivor's index. */
  readonly indices: Uint32Array;
  /** Per row: its public mask key, 32 bytes. */
  readonly keys: Uint8Array;
  /** Numbers of the batches to be computed. */
  readonly todo: Uint32Array;
  /** Per batch: the seat of the worker that took it, from 1; 0 where nobody did. */
  readonly taken: Int32Array;
}

const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);

/** Collects survivors, each once: a plan names the same few again and again. */
class Rows {
  readonly indices: number[] = [];
  readonly keys: Uint8Array[] = [];
  /** By index: a map takes about twice as long, and a great plan names a million survivors. */
  readonly #known: (number | undefined)[] = [];

  of({ index, maskKey }: { readonly index: number; readonly maskKey: Uint8Array }): number {
    const known = this.#known[index];
    if (known !== undefined && this.keys[known] === maskKey) return known;
    // As on one thread, where the agreement says so; a key of another length must not run into the next row.
    expectLength('x25519 public key', maskKey, SIZES.key);
    this.#known[index] = this.indices.length;
    this.keys.push(maskKey);
    return this.indices.push(index) - 1;
  }
}

/**
 * Lays a plan out for workers, all batches to be done. The caller ends it with {@link wipeJobs}.
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

/** The masks of one batch: the first, and the one after the last. */
export function batchRange(
  { batchSize, rows }: Pick<JobList, 'batchSize' | 'rows'>,
  batch: number,
): readonly [first: number, end: number] {
  return [batch * batchSize, Math.min(rows.length, (batch + 1) * batchSize)];
}

/**
 * The same plan with these batches to be computed next. Whatever workers write to is new: one that was given up may
 * still be at the list before, and a batch that it takes or marks there must not count here.
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
 * The batches that must be computed again, since whoever took them did not bring a sum, and those that nobody took.
 * @param batches what was to be done
 * @param summed seats whose sums came
 */
export function lostBatches(
  { taken }: JobList,
  batches: readonly number[],
  summed: ReadonlySet<number>,
): readonly number[] {
  return batches.filter((batch) => !summed.has(Atomics.load(taken, batch)));
}

/** Ends the work of everybody who is at the list, after the mask that is under way. */
export function stopJobs({ control }: JobList): void {
  Atomics.store(control, CONTROL.stop, 1);
}

/** Ends the work of everybody who is at the list, and zeroes its secrets, for every list of the same plan. */
export function wipeJobs(list: JobList): void {
  stopJobs(list);
  list.secrets.fill(0);
}
