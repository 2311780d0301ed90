import type { Random } from '../../training/index.ts';
import type { MemberId } from '../../protocol/ids.ts';

/** The members that a fault hits. */
export interface Who {
  readonly members?: readonly number[] | undefined;
  readonly share?: number | undefined;
  readonly probability?: number | undefined;
}

/** The members that a fault hits: the named ones, ⌊share · n⌋ of them, each independently, or all. */
export function select(who: Who, members: readonly MemberId[], random: Random): ReadonlySet<MemberId> {
  const { probability } = who;
  if (who.members !== undefined) {
    const named = new Set<number>(who.members);
    return new Set(members.filter((member) => named.has(member)));
  }
  if (probability !== undefined) return new Set(members.filter(() => random.uniform() < probability));
  if (who.share === undefined) return new Set(members);
  const order = random.shuffle(Uint32Array.from({ length: members.length }, (_, i) => i));
  return new Set([...order.subarray(0, shareOf(members.length, who.share))].map((i) => members[i]!));
}

/** ⌊share · n⌋, robust to a product that is a double just below an integer. */
export const shareOf = (n: number, share: number): number => Math.floor(n * share + 1e-9);
