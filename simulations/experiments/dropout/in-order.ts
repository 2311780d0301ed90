/**
 * Works on so many jobs at a time, and finishes them in their order: what is recorded does not depend on which of them
 * ends first.
 * @param work starts a job, and gives what finishes it
 * @throws what a job throws, once the jobs before it are finished
 */
export async function inOrder<Job>(
  jobs: readonly Job[],
  atATime: number,
  work: (job: Job) => Promise<() => void>,
): Promise<void> {
  const running: Promise<() => void>[] = [];
  let next = 0;
  const start = (job: Job): void => {
    const working = work(job);
    // One that fails before its turn waits for it like the others.
    working.catch(() => undefined);
    running.push(working);
  };
  while (next < jobs.length || running.length > 0) {
    while (next < jobs.length && running.length < Math.max(1, atATime)) start(jobs[next++]);
    const finish = await running.shift()!;
    finish();
  }
}
