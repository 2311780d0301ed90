import type { MemberId } from '../../protocol/ids.ts';
import { median, sum } from '../laboratory/statistics.ts';
import { type Phase, PHASES } from './phases.ts';

/** A number for each phase. */
export type ByPhase = Readonly<Record<Phase, number>>;

/** Adds up something of each member under each phase: bytes, or milliseconds. */
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

  /** What one member has under each phase. */
  of(member: MemberId): ByPhase {
    const from = this.#places.get(member)! * PHASES.length;
    return byPhase((i) => this.#cells[from + i]!);
  }

  /** One member's sum over all phases. */
  totalOf(member: MemberId): number {
    return sum(Object.values(this.of(member)));
  }

  /** Of all members together. */
  get total(): number {
    return this.#cells.reduce((a, b) => a + b, 0);
  }

  /** The median over some members, phase by phase; 0 where there are none. */
  median(members: readonly MemberId[]): ByPhase {
    const rows = members.map((member) => this.#places.get(member)! * PHASES.length);
    return byPhase((i) => median(rows.map((row) => this.#cells[row + i]!)));
  }

  /** The median of members' sums over all phases. */
  medianTotal(members: readonly MemberId[]): number {
    return median(members.map((member) => this.totalOf(member)));
  }
}

const byPhase = (value: (i: number) => number): ByPhase =>
  Object.fromEntries(PHASES.map((phase, i) => [phase, value(i)])) as Record<Phase, number>;
