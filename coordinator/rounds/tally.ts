import { ROUND_STATES, type ServerStateName, type TimedState } from '../../protocol/rounds/index.ts';
import type { MemberCounts, StateCost } from '../report.ts';

/** Which count each state's entry gives: how many members got through the previous state. */
const ROWS: ReadonlyMap<
  TimedState,
  { readonly counts: keyof MemberCounts; readonly countsCurious?: keyof MemberCounts }
> = new Map(ROUND_STATES.map((state) => [state.name, state]));

interface Cost {
  ms: number;
  bytesUp: number;
  bytesDown: number;
}

const isTimed = (name: ServerStateName): name is TimedState => name !== 'committed' && name !== 'aborted';

/** Counts of one round, state by state: members, bytes and milliseconds. */
export class Tally {
  readonly #now: () => number;
  readonly #adversary: 'active' | 'curious';
  readonly #started: number;
  readonly #costs = new Map<TimedState, Cost>();
  readonly #counts: { -readonly [Name in keyof MemberCounts]: MemberCounts[Name] } = {
    invited: 0,
    advertised: 0,
    shared: 0,
    input: 0,
    unmasked: 0,
  };
  #current: TimedState = 'advertise-keys';
  #entered: number;
  #ended: number | undefined;

  /** @param now a clock in milliseconds */
  constructor(adversary: 'active' | 'curious', now: () => number) {
    this.#adversary = adversary;
    this.#now = now;
    this.#started = now();
    this.#entered = this.#started;
  }

  /** The round entered a state in which `members` are left. */
  enter(name: ServerStateName, members: number): void {
    const now = this.#now();
    this.#cost().ms += now - this.#entered;
    this.#entered = now;
    if (!isTimed(name)) {
      this.#ended = now;
      if (name === 'committed') this.#counts.input = members;
      return;
    }
    this.#current = name;
    this.#cost();
    // A curious round has no consistency check: the members asked for shares are those whose input came.
    const { counts, countsCurious = counts } = ROWS.get(name)!;
    this.#counts[this.#adversary === 'curious' ? countsCurious : counts] = members;
  }

  up(bytes: number): void {
    this.#cost().bytesUp += bytes;
  }

  down(bytes: number): void {
    this.#cost().bytesDown += bytes;
  }

  get members(): MemberCounts {
    return { ...this.#counts };
  }

  /** Cost of each state that was entered. */
  get states(): Partial<Record<TimedState, StateCost>> {
    return Object.fromEntries([...this.#costs].map(([name, cost]) => [name, { ...cost, ms: Math.round(cost.ms) }]));
  }

  /** Sums over all states; `ms` until the end, or until now. */
  get total(): StateCost {
    const sum = (name: keyof Cost): number => [...this.#costs.values()].reduce((total, cost) => total + cost[name], 0);
    const ms = Math.round((this.#ended ?? this.#now()) - this.#started);
    return { ms, bytesUp: sum('bytesUp'), bytesDown: sum('bytesDown') };
  }

  #cost(): Cost {
    const known = this.#costs.get(this.#current);
    if (known !== undefined) return known;
    const fresh = { ms: 0, bytesUp: 0, bytesDown: 0 };
    this.#costs.set(this.#current, fresh);
    return fresh;
  }
}
