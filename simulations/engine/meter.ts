// Bytes and milliseconds of a round, by party and phase.
import { COLLECTING_STATES, type CollectingState } from '../../protocol/rounds/index.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { median, sum } from '../laboratory/statistics.ts';

/** What bytes and milliseconds are counted under: the states of a round, the opening of the sum, and the round's end. */
export type Phase = CollectingState | 'computing' | 'outcome';

/** Every {@link Phase}, in order. */
export const PHASES: readonly Phase[] = [...COLLECTING_STATES, 'computing', 'outcome'];

/** A number for each phase. */
export type ByPhase = Readonly<Record<Phase, number>>;

/** Adds up an amount for each member and phase: bytes, or milliseconds. */
export class Tally {
  readonly #places: ReadonlyMap<MemberId, number>;
  readonly #cells: Float64Array;

  constructor(members: readonly MemberId[]) {
    this.#places = new Map(members.map((member, place) => [member, place]));
    this.#cells = new Float64Array(members.length * PHASES.length);
  }

  add(member: MemberId, phase: Phase, amount: number): void {
    this.#cells[this.#places.get(member)! * PHASES.length + PHASES.indexOf(phase)]! += amount;
  }

  /** One member's amount for each phase. */
  of(member: MemberId): ByPhase {
    const from = this.#places.get(member)! * PHASES.length;
    return byPhase((i) => this.#cells[from + i]!);
  }

  /** One member's sum over all phases. */
  totalOf(member: MemberId): number {
    return sum(Object.values(this.of(member)));
  }

  /** The total of all members. */
  get total(): number {
    return this.#cells.reduce((a, b) => a + b, 0);
  }

  /** The median over some members, phase by phase; 0 if there are none. */
  median(members: readonly MemberId[]): ByPhase {
    const rows = members.map((member) => this.#places.get(member)! * PHASES.length);
    return byPhase((i) => median(rows.map((row) => this.#cells[row + i]!)));
  }

  /** The median of members' totals over all phases. */
  medianTotal(members: readonly MemberId[]): number {
    return median(members.map((member) => this.totalOf(member)));
  }
}

const byPhase = (value: (i: number) => number): ByPhase =>
  Object.fromEntries(PHASES.map((phase, i) => [phase, value(i)])) as Record<Phase, number>;

/** Runs one piece of a party's work; a meter reads the clock around it. */
export type Meter = <T>(party: MemberId | 'server', phase: Phase, work: () => T) => T;

/** A meter that measures nothing. */
export const unmetered: Meter = (_party, _phase, work) => work();

/** Adds up the milliseconds that each party works in each phase. */
export class Stopwatch {
  /** Each member's times. */
  readonly clients: Tally;
  readonly #server = new Float64Array(PHASES.length);

  constructor(members: readonly MemberId[]) {
    this.clients = new Tally(members);
  }

  /** The meter to run a round with. */
  readonly meter: Meter = (party, phase, work) => {
    const from = performance.now();
    try {
      return work();
    } finally {
      const spent = performance.now() - from;
      if (party === 'server') this.#server[PHASES.indexOf(phase)]! += spent;
      else this.clients.add(party, phase, spent);
    }
  };

  /** The coordinator's times. */
  get server(): ByPhase {
    return Object.fromEntries(PHASES.map((phase, i) => [phase, this.#server[i]])) as Record<Phase, number>;
  }
}
