import type { MemberId } from '../../protocol/ids.ts';
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
    this.#cells[this.#places.get(member)! * PHASES.length + PHASES.indexOf(phase)] += amount;
  }

  /** What one member has under each phase. */
  of(member: MemberId): ByPhase {
    const from = this.#places.get(member)! * PHASES.length;
    return byPhase((i) => this.#cells[from + i]);
  }

  /** One member's sum over all phases. */
  totalOf(member: MemberId): number {
    return Object.values(this.of(member)).reduce((a, b) => a + b, 0);
  }

  /** Of all members together. */
  get total(): number {
    return this.#cells.reduce((a, b) => a + b, 0);
  }

  /** The median over some members, phase by phase; 0 where there are none. */
  median(members: readonly MemberId[]): ByPhase {
    const rows = members.map((member) => this.#places.get(member)! * PHASES.length);
    return byPhase((i) => median(rows.map((row) => this.#cells[row + i])));
  }

  /** The median of members' sums over all phases. */
  medianTotal(members: readonly MemberId[]): number {
    return median(members.map((member) => this.totalOf(member)));
  }
}

const byPhase = (value: (i: number) => number): ByPhase =>
  Object.fromEntries(PHASES.map((phase, i) => [phase, value(i)])) as Record<Phase, number>;

/** The middle value, or the mean of the two; 0 for none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
