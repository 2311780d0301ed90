/** Milliseconds of making and sending messages after which sockets and timers get their turn. */
const SLICE_MS = 10;

/**
 * What a round has to do in order, when the event loop has time: messages to a thousand members are made and sent one
 * by one, and the loop stays free for other events. Since there is one queue, no member gets a later message before an
 * earlier one. What fits the first slice is done at once, so that a small round has no delay.
 */
export class PacedQueue {
  readonly #fault: (thrown: unknown) => void;
  readonly #sliceMs: number;
  #tasks: (() => void)[] = [];
  /** Index in `tasks` of the next one. */
  #next = 0;
  #working = false;
  #turn: NodeJS.Immediate | undefined;
  /** What the next task waits for; undefined if nothing. */
  #gate: object | undefined;

  /**
   * @param fault - called with what a task throws; the others continue in a later turn
   * @param sliceMs - values other than the default are for tests: with 0 each task has a separate turn
   */
  constructor(fault: (thrown: unknown) => void, sliceMs: number = SLICE_MS) {
    this.#fault = fault;
    this.#sliceMs = sliceMs;
  }

  /** Appends tasks to the queue. */
  push(tasks: Iterable<() => void>): void {
    for (const task of tasks) this.#tasks.push(task);
    if (!this.#working && this.#turn === undefined) this.#work();
  }

  /**
   * Holds up all tasks pushed from now on until `ready` resolves. If it rejects, that is a fault, and the tasks it held
   * up are discarded.
   */
  after(ready: Promise<void>): void {
    const gate = {};
    this.push([
      () => {
        this.#gate = gate;
        const open = (): void => {
          if (this.#gate !== gate) return;
          this.#gate = undefined;
          if (!this.#working && this.#turn === undefined) this.#work();
        };
        ready.then(open, (thrown: unknown) => {
          if (this.#gate !== gate) return;
          this.clear();
          this.#fault(thrown);
        });
      },
    ]);
    // If the gate is discarded before its turn comes, nothing else handles the rejection.
    ready.catch(() => undefined);
  }

  /** Resolves when everything queued now has been done; never, if it is discarded. */
  drained(): Promise<void> {
    return new Promise((resolve) => this.push([resolve]));
  }

  /** Discards all tasks not yet done, and what holds them up. */
  clear(): void {
    this.#tasks = [];
    this.#next = 0;
    this.#gate = undefined;
  }

  #work(): void {
    this.#working = true;
    const ends = performance.now() + this.#sliceMs;
    try {
      while (this.#next < this.#tasks.length && this.#gate === undefined) {
        this.#tasks[this.#next++]!();
        if (performance.now() >= ends) break;
      }
    } catch (thrown) {
      this.#fault(thrown);
    } finally {
      this.#working = false;
    }
    if (this.#gate !== undefined) return;
    if (this.#next === this.#tasks.length) this.clear();
    else this.#turn = setImmediate(() => this.#resume());
  }

  #resume(): void {
    this.#turn = undefined;
    this.#work();
  }
}
