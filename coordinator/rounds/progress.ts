import { type ServerStateName, STATE_ORDER } from '../../protocol/rounds/index.ts';

interface GroupProgress {
  readonly state: ServerStateName;
  readonly members: number;
}

/** The progress of an attempt's groups, reported as if they were one round. */
export class RoundProgress {
  readonly #groups: (GroupProgress | undefined)[];
  readonly #masks: { readonly done: number; readonly of: number }[];
  #told: ServerStateName | undefined;

  /** @param groups number of groups */
  constructor(groups: number) {
    this.#groups = Array.from({ length: groups }, () => undefined);
    this.#masks = Array.from({ length: groups }, () => ({ done: 0, of: 0 }));
  }

  /**
   * A group entered a state.
   * @returns the state of the group that is furthest behind, with the members of all groups that have not aborted;
   * undefined if that is still the state reported last. An attempt is `aborted` when all its groups are.
   */
  entered(group: number, state: ServerStateName, members: number): GroupProgress | undefined {
    this.#groups[group] = { state, members };
    const known = this.#groups.filter((standing) => standing !== undefined);
    const alive = known.filter((standing) => standing.state !== 'aborted');
    if (known.length < this.#groups.length) return undefined;
    const least = Math.min(...alive.map((standing) => STATE_ORDER.indexOf(standing.state)), STATE_ORDER.length - 1);
    if (STATE_ORDER[least] === this.#told) return undefined;
    this.#told = STATE_ORDER[least];
    return { state: STATE_ORDER[least]!, members: alive.reduce((sum, standing) => sum + standing.members, 0) };
  }

  /** `done` of a group's masks have been removed. @returns the totals over all groups that have come so far */
  unmasked(group: number, done: number, of: number): { readonly done: number; readonly of: number } {
    this.#masks[group] = { done, of };
    return this.#masks.reduce((sum, masks) => ({ done: sum.done + masks.done, of: sum.of + masks.of }));
  }
}
