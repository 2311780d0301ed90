import type { MemberId } from '../../protocol/ids.ts';
import type { Aftermath } from './aftermath.ts';

/**
 * How long a member that refused a moved model is not asked again: clients count moved models per day, so some of them
 * may accept one again at any time.
 */
const REFUSAL_MS = 3_600_000;

/**
 * What attempts have shown about members and sets that cannot be seated together. It is not stored: a restarted
 * coordinator learns it again, at the cost of one attempt each.
 */
export class Reluctance {
  readonly #bound = new Set<MemberId>();
  /** The time until which each is not asked. */
  readonly #refusing = new Map<MemberId, number>();
  readonly #failures = new Map<string, number>();
  readonly #now: () => number;

  /** @param now - a clock in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Members that hold a set of this model that the coordinator does not know. */
  get bound(): ReadonlySet<MemberId> {
    return this.#bound;
  }

  /** Members that are not seated until a round commits, or {@link REFUSAL_MS} have passed since they refused. */
  get refusing(): ReadonlySet<MemberId> {
    const now = this.#now();
    for (const [member, until] of this.#refusing) if (until <= now) this.#refusing.delete(member);
    return new Set(this.#refusing.keys());
  }

  /** Milliseconds until the next of them is asked again; undefined if there is none. */
  get nextReturn(): number | undefined {
    if (this.#refusing.size === 0) return undefined;
    const first = [...this.#refusing.values()].reduce((least, until) => Math.min(least, until), Infinity);
    return Math.max(0, first - this.#now());
  }

  /** How many attempts in a row have failed with a set, by its name. */
  get failures(): ReadonlyMap<string, number> {
    return this.#failures;
  }

  learn({ failed, summed, bound, refusing }: Omit<Aftermath, 'pending'>): void {
    for (const name of summed) this.#failures.delete(name);
    for (const name of failed) this.#failures.set(name, (this.#failures.get(name) ?? 0) + 1);
    for (const member of bound) this.#bound.add(member);
    for (const member of refusing) this.#refusing.set(member, this.#now() + REFUSAL_MS);
  }

  /** The model was moved. */
  rebased(): void {
    this.#bound.clear();
    this.#failures.clear();
  }

  /** A round has committed. */
  committed(): void {
    this.rebased();
    this.#refusing.clear();
  }
}
