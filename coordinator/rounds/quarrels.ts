import { type Drop, shareOf } from '../../protocol/rounds/index.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import {
  disjointQuarrels,
  partsOf,
  type QuarrelGraph,
  quarrelsAmong,
  sidesOf,
  take,
  without,
} from './quarrel-graph.ts';
import type { Suspect } from './suspects.ts';

/** Two members of which at least one has lied, to the other or about it: no other party can tell which. */
interface Quarrel {
  /** The member that says so: in an Abort, or by a false share of the other's secret. */
  readonly accuser: MemberId;
  readonly accused: MemberId;
  readonly reason: 'share-undecryptable' | 'share-false';
}

/** An attempt that is over, as far as quarrels are concerned. */
interface Judged {
  readonly invited: readonly MemberId[];
  readonly quarrels: readonly Quarrel[];
  /** Members that the attempt alone proves to have lied about shares. */
  readonly liars: readonly MemberId[];
}

/** Members that are remembered: a guest is a different member each time it comes. */
const MAX_MEMBERS = 65_536;

/** Quarrels that are remembered; beyond that new ones are not. */
const MAX_QUARRELS = 16_384;

/**
 * A task's quarrels over all of its attempts. An honest member quarrels only with liars, however many attempts there
 * are, and of the N members ever invited at most ⌊γN⌋ are liars. From that alone follow which members are proven to be
 * liars ({@link learn}), and which sit out of the next attempt so that no two that quarrel meet in it ({@link apart}).
 * An accused member that leaves keeps its quarrels, and so does one that comes back under the same id.
 */
export class Quarrels {
  readonly #colluding: number;
  readonly #reasons = new Map<MemberId, Map<MemberId, Quarrel['reason']>>();
  /** How many others have accused each. */
  readonly #accusers = new Map<MemberId, number>();
  readonly #invited = new Set<MemberId>();
  readonly #liars = new Set<MemberId>();
  /** Members that sat out and have not been invited since: each has a right to its seat. */
  readonly #owed = new Set<MemberId>();
  readonly #timesOut = new Map<MemberId, number>();
  #count = 0;

  /** @param colluding the share γ of members that may be liars */
  constructor(colluding: number) {
    this.#colluding = colluding;
  }

  /** An attempt is over. @returns members that it proves to be liars, and known liars that have quarrelled again */
  learn({ invited, quarrels, liars }: Judged): readonly Suspect[] {
    for (const member of invited) {
      if (this.#invited.size < MAX_MEMBERS) this.#invited.add(member);
      this.#owed.delete(member);
    }
    const before = new Set(this.#liars);
    for (const quarrel of quarrels) this.#add(quarrel);
    for (const member of liars) this.#liars.add(member);
    this.#convict();
    const again = new Set(quarrels.flatMap(({ accuser, accused }) => [accuser, accused]));
    return [...this.#liars]
      .filter((member) => !before.has(member) || again.has(member))
      .map((member) => ({ member, reason: this.#reasonOf(member), proven: true }));
  }

  /**
   * Which of those present sit out of the next attempt, so that as few as possible that quarrel over a seal are seated
   * together. No member sits out twice without a seat in between, and no more sit out than there may be liars: that
   * many are enough, since the liars themselves are in every quarrel.
   * @param max how many can be spared
   */
  apart(present: readonly MemberId[], max: number): readonly MemberId[] {
    const room = Math.min(max, this.#liarsLeft());
    const sitting: MemberId[] = [];
    const parts = partsOf(quarrelsAmong(present, (member) => this.#overSeals(member)));
    // If there is not room for all, every part has its turn.
    for (const part of parts.sort((a, b) => this.#turnsOf(a) - this.#turnsOf(b))) {
      sitting.push(...this.#cover(part, room - sitting.length));
    }
    return sitting;
  }

  /** Records members that sit out of the attempt that begins now. */
  sitOut(members: readonly MemberId[]): void {
    for (const member of members) {
      this.#owed.add(member);
      this.#timesOut.set(member, (this.#timesOut.get(member) ?? 0) + 1);
    }
  }

  /** How many of these members quarrel over a seal with another one of them. */
  quarrelling(members: readonly MemberId[]): number {
    return quarrelsAmong(members, (member) => this.#overSeals(member)).size;
  }

  #add({ accuser, accused, reason }: Quarrel): void {
    if (accuser === accused) return;
    const known = this.#reasons.get(accuser)?.get(accused);
    if (known === 'share-undecryptable' || known === reason) return;
    if (known === undefined) {
      if (this.#count >= MAX_QUARRELS) return;
      this.#count++;
      this.#accusers.set(accused, (this.#accusers.get(accused) ?? 0) + 1);
    }
    for (const [one, other] of [
      [accuser, accused],
      [accused, accuser],
    ] as const) {
      const others = this.#reasons.get(one) ?? new Map<MemberId, Quarrel['reason']>();
      this.#reasons.set(one, others.set(other, reason));
    }
  }

  /** The members that a member quarrels with, except known liars. */
  #others(member: MemberId): MemberId[] {
    if (this.#liars.has(member)) return [];
    return [...(this.#reasons.get(member)?.keys() ?? [])].filter((other) => !this.#liars.has(other));
  }

  /** The same, over seals: a false share is corrected, and costs no member a round. */
  #overSeals(member: MemberId): MemberId[] {
    const reasons = this.#reasons.get(member);
    return this.#others(member).filter((other) => reasons?.get(other) === 'share-undecryptable');
  }

  #reasonOf(member: MemberId): ErrorCode {
    const reasons = [...(this.#reasons.get(member)?.values() ?? [])];
    return reasons.includes('share-undecryptable') || reasons.length === 0 ? 'share-undecryptable' : 'share-false';
  }

  /**
   * If a member were honest, all members that it quarrels with would be liars, and so would one in each of the other,
   * disjoint quarrels. If that is more than there may be, it is a liar. A known liar no longer counts, nor do its
   * quarrels.
   */
  #convict(): void {
    for (;;) {
      const graph = quarrelsAmong([...this.#reasons.keys()], (member) => this.#others(member));
      const pairs = disjointQuarrels(graph);
      // More disjoint quarrels than there may be liars: γ was too low, so the smallest number that explains them is
      // used.
      const max = Math.max(this.#liarsLeft(), pairs.size / 2);
      const found = [...graph].filter(([member, others]) => {
        const near = [member, ...others].filter((one) => pairs.has(one));
        const touched = new Set(near.map((one) => Math.min(one, pairs.get(one)!)));
        return others.size + pairs.size / 2 - touched.size > max;
      });
      if (found.length === 0) return;
      for (const [member] of found) this.#liars.add(member);
    }
  }

  /** How many unknown liars there may be; at least one, for if there is a quarrel there is a liar. */
  #liarsLeft(): number {
    return Math.max(1, shareOf(this.#invited.size, this.#colluding) - this.#liars.size);
  }

  /**
   * Which members of one connected part sit out. If it has two sides, one side, and the other in the following attempt:
   * then no two that quarrel meet in either. Otherwise the members with most quarrels, one by one.
   */
  #cover(part: QuarrelGraph, room: number): readonly MemberId[] {
    const free = [...part.keys()].filter((member) => !this.#owed.has(member));
    const order = (graph: QuarrelGraph) => (a: MemberId, b: MemberId) =>
      graph.get(b)!.size - graph.get(a)!.size ||
      this.#timesOf(a) - this.#timesOf(b) ||
      this.#accusersOf(b) - this.#accusersOf(a);
    free.sort(order(part));
    const sides = sidesOf(part).map((side) => free.filter((member) => side.has(member)).slice(0, room));
    const ways = [...sides, this.#greedy(part, free, room, order)].map((members, place) => {
      const open = without(part, members).size;
      const accusers = members.reduce((sum, member) => sum + this.#accusersOf(member), 0);
      // If some would meet in any case, prefer a side: the next attempt then has only the other one.
      return { members, rank: [open === 0 ? 0 : 1, place === sides.length ? 1 : 0, open, members.length, -accusers] };
    });
    return ways.reduce((best, way) => (compare(way.rank, best.rank) < 0 ? way : best)).members;
  }

  #greedy(
    part: QuarrelGraph,
    free: readonly MemberId[],
    room: number,
    order: (graph: QuarrelGraph) => (a: MemberId, b: MemberId) => number,
  ): readonly MemberId[] {
    const left = without(part, []);
    const before = order(left);
    const chosen: MemberId[] = [];
    while (chosen.length < room) {
      const candidates = free.filter((member) => left.has(member));
      if (candidates.length === 0) break;
      const next = candidates.reduce((first, member) => (before(member, first) < 0 ? member : first));
      chosen.push(next);
      take(left, next);
    }
    return chosen;
  }

  /** How often members of a part have sat out, on average. */
  #turnsOf(part: QuarrelGraph): number {
    return [...part.keys()].reduce((sum, member) => sum + this.#timesOf(member), 0) / part.size;
  }

  #timesOf(member: MemberId): number {
    return this.#timesOut.get(member) ?? 0;
  }

  #accusersOf(member: MemberId): number {
    return this.#accusers.get(member) ?? 0;
  }
}

/** The quarrels recorded in an attempt's drops. */
export function quarrelsIn(drops: readonly Drop[]): readonly Quarrel[] {
  return drops.flatMap(({ member: accuser, reason, blames = [], owners = [] }): readonly Quarrel[] => {
    if (reason === 'share-undecryptable') return blames.map((accused) => ({ accuser, accused, reason }));
    return reason === 'share-false' ? owners.map((accused) => ({ accuser, accused, reason })) : [];
  });
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}
