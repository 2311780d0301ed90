import type { ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { Suspect } from './suspects.ts';

/** How long members stay out. */
export interface BenchOptions {
  /** Attempts for which a member is left out at its first fault; 0: nobody ever is. */
  readonly attempts: number;
  /** Minutes after which it is let in again, however many attempts there were: a quorum may not come without it. */
  readonly minutes: number;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

/** A member that was benched, for the report. */
export interface Benched {
  readonly member: MemberId;
  readonly reason: ErrorCode;
  /** For how many attempts. */
  readonly attempts: number;
}

interface Stay {
  /** Attempts that it has still to sit out. */
  left: number;
  /** When it is let in again at the latest. */
  readonly until: number;
  /** Whether its fault is certain; it gives way only to others, otherwise. */
  readonly certain: boolean;
}

/** A stay is doubled up to this many times. */
const MOST_DOUBLINGS = 10;

/** Members whose faults are remembered: guests are other members each time they come. */
const MOST_REMEMBERED = 65_536;

/**
 * A task's account of members that spoilt its rounds. Who is at fault for certain is left out of the next attempts, twice
 * as long each time. Where it cannot be told for certain that it was this member, it sits out one attempt, and only if
 * there are enough others: the task goes on if it was, and an honest member loses little if it was not.
 */
export class Bench {
  readonly #options: BenchOptions;
  readonly #stays = new Map<MemberId, Stay>();
  readonly #faults = new Map<MemberId, number>();

  constructor(options: BenchOptions) {
    this.#options = options;
  }

  /** An attempt is over: those who sat it out are nearer to their return, and its suspects sit down. */
  judge(suspects: readonly Suspect[]): readonly Benched[] {
    const { attempts, minutes, now } = this.#options;
    if (attempts === 0) return [];
    for (const [member, stay] of this.#stays) {
      stay.left--;
      if (stay.left === 0) this.#stays.delete(member);
    }
    return suspects.map(({ member, reason, certain }) => {
      const times = certain ? 2 ** Math.min(this.#count(member), MOST_DOUBLINGS) : 1;
      const stay = certain ? attempts * times : 1;
      this.#stays.set(member, { left: stay, until: now() + minutes * 60_000 * times, certain });
      return { member, reason, attempts: stay };
    });
  }

  /**
   * Those of the members who may be invited now.
   * @param enough how many a round needs
   */
  invitable(members: readonly MemberId[], enough: number): MemberId[] {
    const now = this.#options.now();
    for (const [member, { until }] of this.#stays) if (until <= now) this.#stays.delete(member);
    const others = members.filter((member) => !this.#stays.has(member));
    return others.length >= enough ? others : members.filter((member) => this.#stays.get(member)?.certain !== true);
  }

  /** Milliseconds until the next member is let in for the time that has passed; undefined where nobody has to wait for it. */
  get nextReturn(): number | undefined {
    const certain = [...this.#stays.values()].filter((stay) => stay.certain);
    if (certain.length === 0) return undefined;
    const first = certain.reduce((least, { until }) => Math.min(least, until), Infinity);
    return Math.max(0, first - this.#options.now());
  }

  /** How often a member was at fault before. */
  #count(member: MemberId): number {
    const before = this.#faults.get(member) ?? 0;
    this.#faults.delete(member);
    this.#faults.set(member, before + 1);
    const [oldest] = this.#faults.keys();
    if (this.#faults.size > MOST_REMEMBERED) this.#faults.delete(oldest);
    return before;
  }
}
