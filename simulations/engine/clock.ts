import { CairnError } from '../../protocol/errors.ts';

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * Virtual time: events wait in a queue, and the clock jumps from one to the next. Events at the same moment happen in
 * the order in which they were planned, so a simulation is the same however fast it runs.
 */
export class VirtualClock {
  readonly #heap: Entry[] = [];
  #now = 0;
  #planned = 0;

  /** Seconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** Plans an event in so many seconds from now. @throws CairnError `internal` unless it is a finite number from 0 */
  after(seconds: number, run: () => void): void {
    if (!(seconds >= 0 && seconds < Infinity))
      throw new CairnError('internal', `an event cannot be planned in ${seconds} seconds`);
    const heap = this.#heap;
    let at = heap.push({ at: this.#now + seconds, order: this.#planned++, run }) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && before(heap[at]!, heap[parent]!); parent = (at - 1) >> 1) {
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  /** Plans an event for a moment; one in the past happens now. */
  at(seconds: number, run: () => void): void {
    this.after(Math.max(0, seconds - this.#now), run);
  }

  /** Runs the next event. @returns false if nothing is planned any more */
  step(): boolean {
    const heap = this.#heap;
    const first = heap.at(0);
    if (first === undefined) return false;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    this.#now = first.at;
    first.run();
    return true;
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && before(heap[child]!, heap[least]!)) least = child;
      }
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  }
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
