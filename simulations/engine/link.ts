import type { CollectingState, Outgoing, SentMessage } from '../../protocol/rounds/index.ts';

/** A message from the coordinator to the member. */
export interface Downward {
  readonly message: Outgoing;
  /** The state it belongs to; undefined for the end of the round. */
  readonly state: CollectingState | undefined;
}

/** A message from the member to the coordinator. */
export interface Upward {
  readonly state: CollectingState | undefined;
  /** Makes it when it arrives, and again when it is resent: thousands of waiting vectors would take gigabytes. */
  make: () => readonly SentMessage[];
  /** When the member learns that it has arrived; undefined until it has. */
  acknowledgedAt: number | undefined;
}

/**
 * One member's connection, as the real gateway and client keep it: in order, and across losses. What was in transit
 * when it broke is lost; when it is restored, each side resends what the other has not answered or acknowledged.
 */
export class VirtualLink {
  readonly #arrivals = { up: 0, down: 0 };
  #absences = 0;
  #epoch = 0;
  #unanswered: Downward[] = [];
  #unacknowledged: Upward[] = [];

  get connected(): boolean {
    return this.#absences === 0;
  }

  /** Grows whenever the connection breaks: what was sent in an earlier epoch is lost. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The connection breaks, for one more reason. @returns whether it was up until now */
  break(now: number): boolean {
    if (this.#absences++ > 0) return false;
    this.#epoch++;
    this.#forgetAcknowledged(now);
    return true;
  }

  /** Removes one reason. @returns whether the connection is up again */
  mend(): boolean {
    return --this.#absences === 0;
  }

  /** When something that could arrive at a time does: not before what was sent earlier, unless it may be overtaken. */
  arrival(direction: 'up' | 'down', at: number, overtaken: boolean): number {
    if (overtaken) return at;
    return (this.#arrivals[direction] = Math.max(this.#arrivals[direction], at));
  }

  /** What the coordinator sends is kept until it is answered. The end of the round makes earlier messages obsolete. */
  keepDown(downward: Downward): void {
    if (downward.message.last === true) this.#unanswered = [];
    this.#unanswered.push(downward);
  }

  /** What the member sends is kept until it is acknowledged. */
  keepUp(upward: Upward, now: number): void {
    this.#forgetAcknowledged(now);
    this.#unacknowledged.push(upward);
  }

  /** What the coordinator resends when the connection is restored. */
  get unanswered(): readonly Downward[] {
    return this.#unanswered;
  }

  /** What the member resends. */
  get unacknowledged(): readonly Upward[] {
    return this.#unacknowledged;
  }

  /** The coordinator has taken a message from the member: its own first `count` messages are answered. */
  answered(count: number): void {
    this.#unanswered.splice(0, count);
  }

  #forgetAcknowledged(now: number): void {
    this.#unacknowledged = this.#unacknowledged.filter(({ acknowledgedAt }) => (acknowledgedAt ?? Infinity) > now);
  }
}
