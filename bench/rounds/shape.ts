import type { MemberId } from '../../protocol/ids.ts';

/** A round to measure. */
export interface RoundShape {
  readonly n: number;
  /** Model coordinates. */
  readonly d: number;
  /** Share of members that drop after sharing keys and before their masked input, the worst case. */
  readonly drop: number;
  readonly graph: 'complete' | 'ring';
  /**
   * How many clients run their whole session; the others' masks are simulated. At most the surviving ones, unless all.
   */
  readonly realClients: number | 'all';
  /** How often the round is run; times are medians. */
  readonly repeats: number;
}

/** The role of each member of a round. */
export interface Cast {
  readonly real: ReadonlySet<MemberId>;
  readonly dropped: ReadonlySet<MemberId>;
}

/** Spreads dropping members, and real ones, evenly over members 1 … n. */
export function castOf({ n, drop, realClients }: RoundShape): Cast {
  const everybody = Array.from({ length: n }, (_, i) => (i + 1) as MemberId);
  const dropped = new Set(spread(everybody, Math.floor(n * drop + 1e-9)));
  if (realClients === 'all') return { real: new Set(everybody), dropped };
  const stayed = everybody.filter((member) => !dropped.has(member));
  return { real: new Set(spread(stayed, Math.min(realClients, stayed.length))), dropped };
}

/** `count` of these members, evenly spaced. */
function spread(members: readonly MemberId[], count: number): MemberId[] {
  return Array.from({ length: count }, (_, i) => members[Math.floor(((i + 0.5) * members.length) / count)]!);
}
