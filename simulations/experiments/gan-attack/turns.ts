/**
 * Lets parties that work side by side do something in a fixed order: what they record would else come in an order that
 * depends on clocks.
 */
export class Turns {
  #next: number;
  readonly #waiting = new Map<number, () => void>();

  /** @param first - the first turn that is not over yet */
  constructor(first = 0) {
    this.#next = first;
  }

  /** Resolves when all turns below `turn` are over. Each turn is taken once. */
  async take(turn: number): Promise<void> {
    if (turn !== this.#next) await new Promise<void>((resolve) => this.#waiting.set(turn, resolve));
  }

  /** Ends the turn that is taken. */
  end(): void {
    this.#next++;
    const resume = this.#waiting.get(this.#next);
    this.#waiting.delete(this.#next);
    resume?.();
  }
}
