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
    this.#waiting[source].push(row);
    this.#flush();
  }

  /** Says that a source gives no more rows. */
  end(source: number): void {
    this.#ended[source] = true;
    this.#flush();
  }

  #flush(): void {
    for (; this.#head < this.#waiting.length; this.#head++) {
      for (const row of this.#waiting[this.#head].splice(0)) this.#hand(row);
      if (!this.#ended[this.#head]) return;
    }
  }
}
