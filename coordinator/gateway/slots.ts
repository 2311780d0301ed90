/** Longest delay that a timer accepts. */
const MAX_MS = 2 ** 31 - 1;

/** One that asks for a slot. */
export interface Claimant {
  /** It has a slot until it gives it back, which may be at once. */
  granted(): void;
  /** How often it had to make room. A claimant with fewer yields goes first, and makes no room for one with more. */
  readonly yields: number;
  /** Milliseconds until its turn is over, after which it may have to make room; 0 or less if it is over. */
  readonly turnLeft: number;
  /** How fast it progresses. */
  readonly pace: number;
  /** It must make room, and gives its slot back. */
  makeRoom(): void;
}

/**
 * A few slots for many claimants: first come, first served, and the others move up whenever one leaves. If a claimant
 * waits, the slowest of those whose turn is over makes room; if none waits, none has to.
 */
export class Slots {
  readonly #max: number;
  readonly #holding = new Set<Claimant>();
  readonly #waiting = new Set<Claimant>();
  #granting = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param max how many may hold a slot at a time, at least one */
  constructor(max: number) {
    this.#max = max;
  }

  /** How many hold a slot. */
  get held(): number {
    return this.#holding.size;
  }

  /** How many wait for one. */
  get queued(): number {
    return this.#waiting.size;
  }

  /** Asks for a slot, after all who have asked before; once for each claimant. */
  request(claimant: Claimant): void {
    this.#waiting.add(claimant);
    this.#grant();
    if (!this.#granting) this.#press();
  }

  /** How many hold a slot, or wait for one and have made room at most `yields` times. */
  claimants(yields: number): number {
    return this.#holding.size + [...this.#waiting].filter((one) => one.yields <= yields).length;
  }

  /** For each that waits, makes the slowest of those whose turn is over leave; checks again when the next turn ends. */
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

  /** Gives back a slot, or a place in the queue. Harmless for a claimant with neither. */
  giveBack(claimant: Claimant): void {
    this.#waiting.delete(claimant);
    this.#holding.delete(claimant);
    this.#grant();
    if (!this.#granting) this.#press();
  }

  /** A claimant that gives its slot back at once must not make this recurse as deep as the queue is long. */
  #grant(): void {
    if (this.#granting) return;
    this.#granting = true;
    try {
      while (this.#waiting.size > 0 && this.#holding.size < this.#max) {
        const next = this.#first();
        this.#waiting.delete(next);
        this.#holding.add(next);
        next.granted();
      }
    } finally {
      this.#granting = false;
    }
  }

  /** Of those waiting, the one that had to make room least often; of several, the one that has waited longest. */
  #first(): Claimant {
    let first = this.#waiting.values().next().value!;
    if (first.yields === 0) return first;
    for (const one of this.#waiting) if (one.yields < first.yields) first = one;
    return first;
  }
}
