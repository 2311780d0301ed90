import type { MemberId } from '../../protocol/ids.ts';

/** Which members quarrel with which; both ends of a quarrel are keys, and every key has a quarrel. */
export type QuarrelGraph = Map<MemberId, Set<MemberId>>;

/** The graph of only these members. */
export function quarrelsAmong(
  members: readonly MemberId[],
  others: (member: MemberId) => readonly MemberId[],
): QuarrelGraph {
  const there = new Set(members);
  const graph: QuarrelGraph = new Map();
  for (const member of members) {
    const near = others(member).filter((other) => there.has(other));
    if (near.length > 0) graph.set(member, new Set(near));
  }
  return graph;
}

/** Its connected components, the largest first. */
export function partsOf(graph: QuarrelGraph): QuarrelGraph[] {
  const seen = new Set<MemberId>();
  const parts: QuarrelGraph[] = [];
  for (const start of graph.keys()) {
    if (seen.has(start)) continue;
    const part: QuarrelGraph = new Map();
    const reached = [start];
    seen.add(start);
    for (let member = reached.pop(); member !== undefined; member = reached.pop()) {
      const others = graph.get(member)!;
      part.set(member, others);
      for (const other of others) {
        if (seen.has(other)) continue;
        seen.add(other);
        reached.push(other);
      }
    }
    parts.push(part);
  }
  return parts.sort((a, b) => b.size - a.size);
}

/** The two sides of a connected part if all its quarrels are between them; none if there are no such sides. */
export function sidesOf(part: QuarrelGraph): readonly ReadonlySet<MemberId>[] {
  const sides: [Set<MemberId>, Set<MemberId>] = [new Set(), new Set()];
  const [start] = part.keys();
  const reached: [MemberId, 0 | 1][] = [[start!, 0]];
  for (let next = reached.pop(); next !== undefined; next = reached.pop()) {
    const [member, side] = next;
    const other = side === 0 ? 1 : 0;
    if (sides[other].has(member)) return [];
    if (sides[side].has(member)) continue;
    sides[side].add(member);
    for (const neighbour of part.get(member)!) reached.push([neighbour, other]);
  }
  return sides;
}

/** The graph without these members. */
export function without(graph: QuarrelGraph, members: readonly MemberId[]): QuarrelGraph {
  const out = new Set(members);
  return quarrelsAmong(
    [...graph.keys()].filter((member) => !out.has(member)),
    (member) => [...graph.get(member)!],
  );
}

/** Removes one member and its quarrels from a graph, in place. */
export function take(graph: QuarrelGraph, member: MemberId): void {
  for (const other of graph.get(member) ?? []) {
    const left = graph.get(other);
    left?.delete(member);
    if (left?.size === 0) graph.delete(other);
  }
  graph.delete(member);
}

/**
 * Many quarrels of which no two share a member: maps each of their members to the other one. Each contains a liar, so
 * there are at least as many liars. Members with few quarrels are paired first, which gives the maximum on a tree.
 */
export function disjointQuarrels(graph: QuarrelGraph): ReadonlyMap<MemberId, MemberId> {
  const left = without(graph, []);
  const pairs = new Map<MemberId, MemberId>();
  const bySize = (members: Iterable<MemberId>): MemberId[] =>
    [...members].sort((a, b) => left.get(a)!.size - left.get(b)!.size);
  const pair = (member: MemberId): void => {
    const [other] = bySize(left.get(member)!);
    pairs.set(member, other!).set(other!, member);
    const shaken = [...left.get(other!)!, ...left.get(member)!];
    take(left, member);
    take(left, other!);
    for (const near of shaken) if (left.get(near)?.size === 1) pair(near);
  };
  for (const member of bySize(left.keys())) if (left.has(member)) pair(member);
  return pairs;
}
