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

/** Two members of whom one at least has lied, to the other or about it: nobody else can tell which. */
interface Quarrel {
  /** Who says so: in an Abort, or by a share that is false of the other's secret. */
  readonly accuser: MemberId;
  readonly accused: MemberId;
  readonly reason: 'share-undecryptable' | 'share-false';
}

/** An attempt that is over, as far as quarrels go. */
interface Judged {
  readonly invited: readonly MemberId[];
  readonly quarrels: readonly Quarrel[];
  /** Whom the attempt alone proves to have lied about shares. */
  readonly liars: readonly MemberId[];
}

/** Members that are remembered: guests are other members each time they come. */
const MAX_MEMBERS = 65_536;

/** Quarrels that are remembered; beyond that new ones are not. */
const MAX_QUARRELS = 16_384;

/**
 * A task's quarrels over all of its attempts. An honest member quarrels with liars only, however many attempts there are,
 * and of the N members that were ever invited ⌊γN⌋ at most are liars. From that alone it follows who is proven to be a liar
 * ({@link learn}), and who sits out of the next attempt so that no two who quarrel meet in it ({@link apart}). An accused
 * member that leaves keeps its quarrels, and so does one that comes back under the same id.
 */
export class Quarrels {
  readonly #colluding: number;
  readonly #reasons = new Map<MemberId, Map<MemberId, Quarrel['reason']>>();
  /** By how many others each was accused. */
  readonly #accusers = new Map<MemberId, number>();
  readonly #invited = new Set<MemberId>();
  readonly #liars = new Set<MemberId>();
  /** Who sat out and was not invited since: it has a right to its seat. */
  readonly #owed = new Set<MemberId>();
  readonly #timesOut = new Map<MemberId, number>();
  #count = 0;

  /** @param colluding the share γ of members that may be liars */
  constructor(colluding: number) {
    this.#colluding = colluding;
  }

  /** An attempt is over. @returns whom it proves to be liars, or who were known for liars and have quarrelled again */
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
   * Who of those present is to sit out of the next attempt, so that as few as possible who quarrel over a seal are seated
   * together. Nobody sits out twice without a seat in between, and no more do than there may be liars: so many are enough,
   * since the liars themselves are in every quarrel.
   * @param most how many can be spared
   */
  apart(present: readonly MemberId[], most: number): readonly MemberId[] {
    const room = Math.min(most, this.#liarsLeft());
    const sitting: MemberId[] = [];
    const parts = partsOf(quarrelsAmong(present, (member) => this.#overSeals(member)));
    // Where there is no room for all, every part has its turn.
    for (const part of parts.sort((a, b) => this.#turnsOf(a) - this.#turnsOf(b))) {
      sitting.push(...this.#cover(part, room - sitting.length));
    }
    return sitting;
  }

  /** These sit out of the attempt that begins now. */
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

  /** With whom a member quarrels, liars that are known apart. */
  #others(member: MemberId): MemberId[] {
    if (this.#liars.has(member)) return [];
    return [...(this.#reasons.get(member)?.keys() ?? [])].filter((other) => !this.#liars.has(other));
  }

  /** The same, over seals: a false share was corrected, and costs nobody a round. */
  #overSeals(member: MemberId): MemberId[] {
    const reasons = this.#reasons.get(member);
    return this.#others(member).filter((other) => reasons?.get(other) === 'share-undecryptable');
  }

  #reasonOf(member: MemberId): ErrorCode {
    const reasons = [...(this.#reasons.get(member)?.values() ?? [])];
    return reasons.includes('share-undecryptable') || reasons.length === 0 ? 'share-undecryptable' : 'share-false';
  }

  /**
   * Were a member honest, all with whom it quarrels would be liars, and so would one in each of the other quarrels that have
   * no member in common. Where that is more than there may be, it is a liar. Whoever is known for one counts no more, nor
   * do its quarrels.
   */
  #convict(): void {
    for (;;) {
      const graph = quarrelsAmong([...this.#reasons.keys()], (member) => this.#others(member));
      const pairs = disjointQuarrels(graph);
      // More quarrels apart than there may be liars: γ was too low, and the least that explains them is reckoned with.
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

  /** How many liars there may be that are not known; one where there is a quarrel at all. */
  #liarsLeft(): number {
    return Math.max(1, shareOf(this.#invited.size, this.#colluding) - this.#liars.size);
  }

  /**
   * Who of one connected part sits out. One side of it, where it has sides, and the other side in the attempt after: then no
   * two of it meet in either. Otherwise whoever has most quarrels, one by one.
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
      // Where some meet whoever sits out, a side comes first: the next attempt has the other one to itself.
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

  /** How often members of a part sat out, on average. */
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

/** The quarrels that the records of an attempt tell of. */
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
