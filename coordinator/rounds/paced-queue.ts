/** Milliseconds of making and handing out messages after which sockets and timers get their turn. */
const SLICE_MS = 10;

/**
 * What a round has to do in order, when the loop has time: messages to a thousand members are made and handed out one by
 * one, and what happens meanwhile finds the loop free. Since there is one queue, nobody gets a later message before an
 * earlier one. What fits the first slice is done at once, so that a small round knows no delay.
 */
export class PacedQueue {
  readonly #fault: (thrown: unknown) => void;
  readonly #sliceMs: number;
  #tasks: (() => void)[] = [];
  /** Place in `tasks` of the next one. */
  #next = 0;
  #working = false;
  #turn: NodeJS.Immediate | undefined;
  /** What is waited for before the next task is done; undefined while nothing is. */
  #gate: object | undefined;

  /**
   * @param fault - told what a task throws; the others go on in a later turn
   * @param sliceMs - other values than the default are for tests: with 0 each task has a turn of its own
   */
  constructor(fault: (thrown: unknown) => void, sliceMs: number = SLICE_MS) {
    this.#fault = fault;
    this.#sliceMs = sliceMs;
  }

  /** Puts tasks behind all that are there. */
  push(tasks: Iterable<() => void>): void {
    for (const task of tasks) this.#tasks.push(task);
    if (!this.#working && this.#turn === undefined) this.#work();
  }

  /**
   * Holds up all that is pushed from now on until `ready` resolves. Where it rejects, that is a fault, and what it held
   * up is thrown away.
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
    // Where the gate was thrown away before its turn came, nobody else would look at this.
    ready.catch(() => undefined);
  }

  /** Resolves when everything has been done that is here now; never, where it is thrown away. */
  drained(): Promise<void> {
    return new Promise((resolve) => this.push([resolve]));
  }

  /** Throws away what has not been done, and what holds it up. */
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
