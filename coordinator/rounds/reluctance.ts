import type { MemberId } from '../../protocol/ids.ts';
import type { Aftermath } from './aftermath.ts';

/**
 * How long a member that refused a moved model is not asked again: clients count moved models by the day, so that some of
 * them may take one any time.
 */
const REFUSAL_MS = 3_600_000;

/**
 * What attempts have taught of members and sets that do not go together. It is not kept: a coordinator that starts again
 * learns it again, at an attempt each.
 */
export class Reluctance {
  readonly #bound = new Set<MemberId>();
  /** Until when each is not asked. */
  readonly #refusing = new Map<MemberId, number>();
  readonly #failures = new Map<string, number>();
  readonly #now: () => number;

  /** @param now - a clock in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Members that hold another set of this model than the coordinator knows of. */
  get bound(): ReadonlySet<MemberId> {
    return this.#bound;
  }

  /** Members that take part in nothing until a round commits, or {@link REFUSAL_MS} have passed since they said so. */
  get refusing(): ReadonlySet<MemberId> {
    const now = this.#now();
    for (const [member, until] of this.#refusing) if (until <= now) this.#refusing.delete(member);
    return new Set(this.#refusing.keys());
  }

  /** Milliseconds until the next of them is asked again; undefined where there is none. */
  get nextReturn(): number | undefined {
    if (this.#refusing.size === 0) return undefined;
    const first = [...this.#refusing.values()].reduce((least, until) => Math.min(least, until), Infinity);
    return Math.max(0, first - this.#now());
  }

  /** How many attempts have failed with a set in a row, by its name. */
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
