/** Who asks for a slot. */
export interface Claimant {
  /** It has its slot, until it gives it back; that may be at once. */
  granted(): void;
  /** How fast it gets on, once it has had its turn and has to make room for others who wait; undefined before. */
  readonly pace: number | undefined;
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
    this.press();
  }

  /** Has as many claimants make room as wait and as have had their turn: when somebody comes to wait, or a turn is over. */
  press(): void {
    if (this.#granting) return;
    for (let asked = this.#waiting.size; asked > 0 && this.#waiting.size > 0; asked--) {
      const slowest = [...this.#holding]
        .filter(({ pace }) => pace !== undefined)
        .reduce<Claimant | undefined>(
          (least, one) => (least === undefined || one.pace! < least.pace! ? one : least),
          undefined,
        );
      if (slowest === undefined) return;
      slowest.makeRoom();
      this.giveBack(slowest);
    }
  }

  /** Gives a slot back, or the place in the queue. Harmless for who has neither. */
  giveBack(claimant: Claimant): void {
    this.#waiting.delete(claimant);
    this.#holding.delete(claimant);
    this.#grant();
  }

  /** A claimant that gives its slot back at once must not make this call itself, as deep as the queue is long. */
  #grant(): void {
    if (this.#granting) return;
    this.#granting = true;
    try {
      for (const next of this.#waiting) {
        if (this.#holding.size >= this.#most) break;
        this.#waiting.delete(next);
        this.#holding.add(next);
        next.granted();
      }
    } finally {
      this.#granting = false;
    }
  }
}
