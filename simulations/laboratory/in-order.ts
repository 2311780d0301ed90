import type { Laboratory } from './experiment.ts';
import type { Row, Series } from './series.ts';

/**
 * Takes rows from several sources at once, and hands them on source after source, in a fixed order: what runs in parallel
 * would else leave its rows in an order that depends on clocks.
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

  /** Takes a row; it is handed on at once where all sources before have ended. */
  add(source: number, row: R): void {
    this.#waiting[source]!.push(row);
    this.#flush();
  }

  /** Says that a source gives no more rows. */
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
 * Works on so many jobs at a time, and hands their rows on job after job.
 * @param work does a job, and adds its rows as they come
 * @throws what a job throws; no further job is begun then
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
 * Records rows of a series that a run gives anew from its beginning: the first `known` of them are recorded already, by
 * the run that this one resumes, and are passed over.
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
