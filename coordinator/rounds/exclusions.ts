import type { ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { Suspect } from './suspects.ts';

/** How long members are excluded. */
export interface BenchOptions {
  /** Attempts for which a member is left out at its first fault; 0: no member ever is. */
  readonly attempts: number;
  /** Minutes after which it is let in again, however many attempts there were: without it there may be no quorum. */
  readonly minutes: number;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

/** A member that was excluded, for the report. */
export interface Benched {
  readonly member: MemberId;
  readonly reason: ErrorCode;
  /** For how many attempts; omitted if only time counts. */
  readonly attempts?: number;
}

interface Stay {
  /** Attempts that it still has to sit out. */
  left: number;
  /** When it is let in again at the latest. */
  readonly until: number;
}

/** A stay is doubled up to this many times. */
const MAX_DOUBLINGS = 10;

/** Members whose faults are remembered: a guest is a different member each time it comes. */
const MAX_REMEMBERED = 65_536;

/**
 * A task's record of members that are known to have spoilt its rounds: each is left out of the next attempts, twice as
 * long each time. A member suspected without proof is left out from the second time on, and not longer each time. If it
 * cannot be told which member lied, {@link Quarrels} says which sit out of one attempt. Both are forgotten when the
 * coordinator restarts.
 */
export class Exclusions {
  readonly #options: BenchOptions;
  readonly #stays = new Map<MemberId, Stay>();
  readonly #faults = new Map<MemberId, number>();
  /** Members that were suspected without a proof. */
  readonly #suspected = new Set<MemberId>();

  constructor(options: BenchOptions) {
    this.#options = options;
  }

  /**
   * An attempt is over: members that sat it out are closer to their return, and its suspects are excluded.
   * @param counts - whether having sat it out counts; otherwise accomplices could shorten a stay by refusing one
   * attempt after another, which costs them nothing
   */
  judge(suspects: readonly Suspect[], counts = true): readonly Benched[] {
    const { attempts, minutes, now } = this.#options;
    if (attempts === 0) return [];
    for (const [member, stay] of counts ? this.#stays : []) {
      stay.left--;
      if (stay.left === 0) this.#stays.delete(member);
    }
    return suspects.flatMap(({ member, reason, proven = false, unproven = false }) => {
      if (unproven && !this.#isSuspected(member)) return [];
      // A suspicion that may be wrong costs one period, however often it is raised.
      const times = unproven ? 1 : 2 ** Math.min(this.#count(member), MAX_DOUBLINGS);
      const before = this.#stays.get(member) ?? { left: 0, until: 0 };
      const left = Math.max(before.left, proven ? Infinity : attempts * times);
      this.#stays.set(member, { left, until: Math.max(before.until, now() + minutes * 60_000 * times) });
      return [left === Infinity ? { member, reason } : { member, reason, attempts: left }];
    });
  }

  /** Whether a member was suspected before; from now on it is. */
  #isSuspected(member: MemberId): boolean {
    const before = this.#suspected.delete(member);
    this.#suspected.add(member);
    const [oldest] = this.#suspected;
    if (this.#suspected.size > MAX_REMEMBERED) this.#suspected.delete(oldest!);
    return before;
  }

  /** Those of the members that may be invited now. */
  without(members: readonly MemberId[]): MemberId[] {
    const now = this.#options.now();
    for (const [member, { until }] of this.#stays) if (until <= now) this.#stays.delete(member);
    return members.filter((member) => !this.#stays.has(member));
  }

  /** Milliseconds until the next member's time is up and it is let in; undefined while no member is excluded. */
  get nextReturn(): number | undefined {
    if (this.#stays.size === 0) return undefined;
    const first = [...this.#stays.values()].reduce((least, { until }) => Math.min(least, until), Infinity);
    return Math.max(0, first - this.#options.now());
  }

  /** How often a member was at fault before. */
  #count(member: MemberId): number {
    const before = this.#faults.get(member) ?? 0;
    this.#faults.delete(member);
    this.#faults.set(member, before + 1);
    const [oldest] = this.#faults.keys();
    if (this.#faults.size > MAX_REMEMBERED) this.#faults.delete(oldest!);
    return before;
  }
}
