import type { MemberId } from '../../protocol/ids.ts';

/** Longest pause before a member that refuses every round is asked again. */
const MAX_PAUSE_MS = 60_000;

/** A pause is doubled up to this many times. */
const MAX_DOUBLINGS = 20;

/** Members that are remembered: a guest is a different member each time it comes. */
const MAX_REMEMBERED = 65_536;

interface Refuser {
  /** Refusals since it last took part. */
  readonly times: number;
  readonly until: number;
}

/**
 * Members that refused an attempt before anything depended on them: they sent an Abort instead of their keys, with
 * whatever reason. They keep their seats and are asked again, but only after a pause that doubles with every refusal,
 * up to a minute. Until then a fresh cohort is chosen without them, and if too few are left the task waits for them as
 * for a quorum. So one member whose app, policy or data do not fit neither stops the others nor uses up the task's
 * attempts; nor does a fault in the task's own settings, which every member refuses. A member that lies gains nothing:
 * it is left out, as if it had not come.
 */
export class Refusers {
  readonly #firstMs: number;
  readonly #now: () => number;
  readonly #refusers = new Map<MemberId, Refuser>();

  /**
   * @param firstMs - the pause after a member's first refusal
   * @param now - a clock in milliseconds
   */
  constructor(firstMs: number, now: () => number) {
    this.#firstMs = firstMs;
    this.#now = now;
  }

  /**
   * An attempt is over.
   * @param refused - the members that refused it; earlier refusals of the others are forgotten
   */
  learn(invited: readonly MemberId[], refused: ReadonlySet<MemberId>): void {
    for (const member of invited) {
      const times = this.#refusers.get(member)?.times ?? 0;
      this.#refusers.delete(member);
      if (!refused.has(member)) continue;
      const pause = Math.min(this.#firstMs * 2 ** Math.min(times, MAX_DOUBLINGS), MAX_PAUSE_MS);
      this.#refusers.set(member, { times: times + 1, until: this.#now() + pause });
    }
    for (const oldest of this.#refusers.keys()) if (this.#refusers.size > MAX_REMEMBERED) this.#refusers.delete(oldest);
  }

  /** Forgets members that no longer have a seat: one that joins again may have been fixed. */
  forget(isSeated: (member: MemberId) => boolean): void {
    for (const member of this.#refusers.keys()) if (!isSeated(member)) this.#refusers.delete(member);
  }

  /** Those of the members that may be asked now. */
  without(members: readonly MemberId[]): MemberId[] {
    const now = this.#now();
    return members.filter((member) => (this.#refusers.get(member)?.until ?? 0) <= now);
  }

  /** Milliseconds until the next member may be asked again; undefined if no member is pausing. */
  get nextReturn(): number | undefined {
    const now = this.#now();
    const waits = [...this.#refusers.values()].map(({ until }) => until - now).filter((wait) => wait > 0);
    return waits.length === 0 ? undefined : waits.reduce((least, wait) => Math.min(least, wait));
  }
}
