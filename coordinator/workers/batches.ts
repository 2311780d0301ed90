import type { LeftoverPeer, UnmaskJob, UnmaskPlan } from '../../protocol/schemes/secagg/index.ts';
import { SecretBytes, SIZES, SUITES } from '../../protocol/crypto/index.ts';
import { batchRange, CONTROL, type JobList, LAYOUT, NOBODY } from './job-list.ts';

/** The error for an inconsistent list: a bug in the program, never a member's fault. */
function malformed(what: string): Error {
  return new Error(`job list: ${what}`);
}

/**
 * Checks every length in a list before anything in it is trusted.
 * @throws Error for a list of another layout, or one with inconsistent parts
 */
export function checkJobs(list: JobList): void {
  const { layout, suite, sessionId, batchSize, control, secrets, owners, starts, rows, indices, keys } = list;
  if (layout !== LAYOUT) throw malformed(`expected layout ${LAYOUT}, got ${layout}`);
  if (!(suite in SUITES)) throw malformed(`unknown suite ${suite}`);
  if (!Number.isInteger(batchSize) || batchSize < 1) throw malformed(`batches of ${batchSize} masks`);
  const jobs = owners.length;
  const lengths: readonly (readonly [what: string, length: number, expected: number])[] = [
    ['sessionId', sessionId.length, SIZES.hash],
    ['control', control.length, Object.keys(CONTROL).length],
    ['secrets', secrets.length, SIZES.key * jobs],
    ['starts', starts.length, jobs + 1],
    ['keys', keys.length, SIZES.key * indices.length],
    ['todo', list.todo.length, Math.ceil(rows.length / batchSize)],
    ['taken', list.taken.length, list.todo.length],
    ['first mask', jobs === 0 ? 0 : starts[0]!, 0],
    ['masks', starts[jobs]!, rows.length],
  ];
  for (const [what, length, expected] of lengths) {
    if (length !== expected) throw malformed(`${what}: expected ${expected}, got ${length}`);
  }
  for (let job = 0; job < jobs; job++) {
    const masks = starts[job + 1]! - starts[job]!;
    if (masks < 0 || (owners[job] === NOBODY && masks !== 1)) throw malformed(`job ${job} has ${masks} masks`);
    if (owners[job] === NOBODY) continue;
    for (let mask = starts[job]!; mask < starts[job + 1]!; mask++) {
      if (rows[mask]! >= indices.length) throw malformed(`mask ${mask} names row ${rows[mask]} of ${indices.length}`);
    }
  }
}

/**
 * Takes the next batch for a seat.
 * @returns its number, or undefined when none is left or the workers were told to stop
 */
export function takeBatch({ control, todo, taken }: JobList, seat: number): number | undefined {
  if (Atomics.load(control, CONTROL.stop) !== 0) return undefined;
  const place = Atomics.add(control, CONTROL.next, 1);
  if (place >= Atomics.load(control, CONTROL.count)) return undefined;
  const batch = todo[place]!;
  Atomics.store(taken, batch, seat);
  return batch;
}

/** The job that a mask belongs to: the last non-empty one that begins at or before it. */
function jobOf({ starts }: JobList, mask: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= mask) low = middle;
    else high = middle;
  }
  return low;
}

function peersOf({ rows, indices, keys }: JobList, first: number, end: number): LeftoverPeer[] {
  return Array.from(rows.subarray(first, end), (row) => ({
    index: indices[row]!,
    // A copy, so that no code outside this folder sees views of shared memory.
    maskKey: keys.slice(SIZES.key * row, SIZES.key * (row + 1)),
  }));
}

/** One batch as a separate plan, whose secrets are copies: the caller wipes them with {@link wipePlan}. */
export function batchPlan(list: JobList, batch: number): UnmaskPlan {
  const { owners, secrets, starts, suite, sessionId, length } = list;
  const [first, end] = batchRange(list, batch);
  const jobs: UnmaskJob[] = [];
  for (let job = jobOf(list, first), mask = first; mask < end; job++) {
    const next = Math.min(end, starts[job + 1]!);
    if (next === mask) continue;
    const secret = new SecretBytes(new Uint8Array(secrets.subarray(SIZES.key * job, SIZES.key * (job + 1))));
    const index = owners[job]!;
    if (index === NOBODY) jobs.push({ kind: 'self', key: secret });
    else jobs.push({ kind: 'pair', index, secretKey: secret, peers: peersOf(list, mask, next) });
    mask = next;
  }
  return { suite, sessionId, length, jobs };
}

/** Zeroes a plan's secrets. */
export function wipePlan({ jobs }: UnmaskPlan): void {
  for (const job of jobs) (job.kind === 'self' ? job.key : job.secretKey).wipe();
}
