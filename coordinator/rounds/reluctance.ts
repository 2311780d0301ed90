import type { MemberId } from '../../protocol/ids.ts';
import type { Aftermath } from './aftermath.ts';

/**
 * What attempts have taught of members and sets that do not go together. It is not kept: a coordinator that starts again
 * learns it again, at an attempt each.
 */
export class Reluctance {
  readonly #bound = new Set<MemberId>();
  readonly #refusing = new Set<MemberId>();
  readonly #failures = new Map<string, number>();

  /** Members that hold another set of this model than the coordinator knows of. */
  get bound(): ReadonlySet<MemberId> {
    return this.#bound;
  }

  /** Members that take part in nothing until a round commits. */
  get refusing(): ReadonlySet<MemberId> {
    return this.#refusing;
  }

  /** How many attempts have failed with a set in a row, by its name. */
  get failures(): ReadonlyMap<string, number> {
    return this.#failures;
  }

  learn({ failed, bound, refusing }: Omit<Aftermath, 'pending'>): void {
    for (const name of failed) this.#failures.set(name, (this.#failures.get(name) ?? 0) + 1);
    for (const member of bound) this.#bound.add(member);
    for (const member of refusing) this.#refusing.add(member);
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
