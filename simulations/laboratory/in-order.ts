import type { Laboratory } from './experiment.ts';
import type { Row, Series } from './series.ts';

/**
 * Takes rows from several sources at once, and passes them on source by source, in a fixed order: otherwise the order
 * of rows from parallel work would depend on timing.
 */
export class InOrder<R> {
  readonly #hand: (row: R) => void;
  readonly #waiting: R[][];
  readonly #ended: boolean[];
  #head = 0;

  /** @param sources - how many there are, in order */
  constructor(sources: number, hand: (row: R) => void) {
    this.#hand = hand;
    this.#waiting = Array.from({ length: sources }, () => []);
    this.#ended = new Array<boolean>(sources).fill(false);
  }

  /** Takes a row; it is passed on immediately if all earlier sources have ended. */
  add(source: number, row: R): void {
    this.#waiting[source]!.push(row);
    this.#flush();
  }

  /** Marks the end of a source's rows. */
  end(source: number): void {
    this.#ended[source] = true;
    this.#flush();
  }

  #flush(): void {
    for (; this.#head < this.#waiting.length; this.#head++) {
      for (const row of this.#waiting[this.#head]!.splice(0)) this.#hand(row);
      if (!this.#ended[this.#head]) return;
    }
  }
}

/**
 * Works on up to `atATime` jobs at once, and passes their rows on job by job.
 * @param work does a job, and adds its rows as they come
 * @throws what a job throws; no further job is then started
 */
export async function workInOrder<Job, R>(
  jobs: readonly Job[],
  atATime: number,
  hand: (row: R) => void,
  work: (job: Job, add: (row: R) => void) => Promise<void>,
): Promise<void> {
  const rows = new InOrder<R>(jobs.length, hand);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < jobs.length) {
      const at = next++;
      try {
        await work(jobs[at]!, (row) => rows.add(at, row));
      } catch (thrown) {
        next = jobs.length;
        throw thrown;
      }
      rows.end(at);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, atATime) }, worker));
}

/**
 * Records rows of a series that a run produces again from its beginning: the first `known` of them were already
 * recorded by the run that this one resumes, and are skipped.
 */
export function recorder<R extends Row>(
  lab: Pick<Laboratory<unknown>, 'results' | 'record'>,
  series: Series<R>,
  known = lab.results.rows(series).length,
): (row: R) => void {
  let again = known;
  return (row) => {
    if (again > 0) again--;
    else lab.record(series, row);
  };
}
