/** Longest time that a timer takes. */
const MAX_MS = 2 ** 31 - 1;

/** Who asks for a slot. */
export interface Claimant {
  /** It has its slot, until it gives it back; that may be at once. */
  granted(): void;
  /** How often it had to make room before. Who had to less often comes first, and makes no room for who had to more often. */
  readonly yields: number;
  /** Milliseconds until its turn is over, after which it may have to make room; 0 or less: it is over. */
  readonly turnLeft: number;
  /** How fast it gets on. */
  readonly pace: number;
  /** It has to make room, and gives its slot back. */
  makeRoom(): void;
}

/**
 * A few slots for many: who comes first is served first, and whatever happens to one claimant moves the others up. Where
 * somebody waits, the slowest of those who have had their turn makes room; where nobody does, nobody has to.
 */
export class Slots {
  readonly #most: number;
  readonly #holding = new Set<Claimant>();
  readonly #waiting = new Set<Claimant>();
  #granting = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param most how many may hold a slot at a time, at least one */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many hold a slot. */
  get held(): number {
    return this.#holding.size;
  }

  /** How many wait for one. */
  get queued(): number {
    return this.#waiting.size;
  }

  /** Asks for a slot, behind all who have asked before; once for each claimant. */
  request(claimant: Claimant): void {
    this.#waiting.add(claimant);
    this.#grant();
    if (!this.#granting) this.#press();
  }

  /** How many hold a slot, or wait for one and come before whoever had to make room more often than so many times. */
  claimants(yields: number): number {
    return this.#holding.size + [...this.#waiting].filter((one) => one.yields <= yields).length;
  }

  /** Has the slowest of those whose turn is over make room for each that waits, and looks again when the next turn ends. */
  #press(): void {
    clearTimeout(this.#timer);
    const isOver = [...this.#holding].some(({ turnLeft }) => turnLeft <= 0);
    for (const waiting of isOver ? [...this.#waiting] : []) {
      if (!this.#waiting.has(waiting)) continue;
      const slowest = [...this.#holding]
        .filter(({ turnLeft, yields }) => turnLeft <= 0 && waiting.yields <= yields)
        .sort((a, b) => a.pace - b.pace)
        .at(0);
      if (slowest === undefined) continue;
      this.#holding.delete(slowest);
      slowest.makeRoom();
      this.#grant();
    }
    if (this.#waiting.size === 0) return;
    const turns = [...this.#holding].map(({ turnLeft }) => turnLeft).filter((left) => left > 0);
    if (turns.length === 0) return;
    this.#timer = setTimeout(() => this.#press(), Math.min(Math.ceil(Math.min(...turns)), MAX_MS));
  }

  /** Gives a slot back, or the place in the queue. Harmless for who has neither. */
  giveBack(claimant: Claimant): void {
    this.#waiting.delete(claimant);
    this.#holding.delete(claimant);
    this.#grant();
    if (!this.#granting) this.#press();
  }

  /** A claimant that gives its slot back at once must not make this call itself, as deep as the queue is long. */
  #grant(): void {
    if (this.#granting) return;
    this.#granting = true;
    try {
      while (this.#waiting.size > 0 && this.#holding.size < this.#most) {
        const next = this.#first();
        this.#waiting.delete(next);
        this.#holding.add(next);
        next.granted();
      }
    } finally {
      this.#granting = false;
    }
  }

  /** Who waits and had to make room least often; of those, who has waited longest. */
  #first(): Claimant {
    let first = this.#waiting.values().next().value!;
    if (first.yields === 0) return first;
    for (const one of this.#waiting) if (one.yields < first.yields) first = one;
    return first;
  }
}
