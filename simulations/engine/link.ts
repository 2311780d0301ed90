import type { CollectingState, Outgoing, SentMessage } from '../../protocol/rounds/index.ts';

/** A message of the coordinator to the member. */
export interface Downward {
  readonly message: Outgoing;
  /** The state it belongs to; undefined for the end of the round. */
  readonly state: CollectingState | undefined;
}

/** A message of the member to the coordinator. */
export interface Upward {
  readonly state: CollectingState | undefined;
  /** Makes it when it arrives, and again when it is sent again: thousands of vectors that wait would be gigabytes. */
  make: () => readonly SentMessage[];
  /** When the member learns that it has arrived; undefined until it has. */
  acknowledgedAt: number | undefined;
}

/**
 * One member's connection, as the real gateway and client keep it: in order, and over losses. What was on its way when it
 * broke is lost; when it stands again, each side sends again what the other has not answered or acknowledged.
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

  /** Grows whenever the connection breaks: what set out in an earlier one is lost. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The connection breaks, for one reason more. @returns whether it stood until now */
  break(now: number): boolean {
    if (this.#absences++ > 0) return false;
    this.#epoch++;
    this.#forgetAcknowledged(now);
    return true;
  }

  /** One reason less. @returns whether it stands again */
  mend(): boolean {
    return --this.#absences === 0;
  }

  /** When something that could be there at a time arrives: not before what set out earlier, unless it may be overtaken. */
  arrival(direction: 'up' | 'down', at: number, overtaken: boolean): number {
    if (overtaken) return at;
    return (this.#arrivals[direction] = Math.max(this.#arrivals[direction], at));
  }

  /** What the coordinator sends is kept until it is answered. The end of the round makes what came before it needless. */
  keepDown(downward: Downward): void {
    if (downward.message.last === true) this.#unanswered = [];
    this.#unanswered.push(downward);
  }

  /** What the member sends is kept until it is acknowledged. */
  keepUp(upward: Upward, now: number): void {
    this.#forgetAcknowledged(now);
    this.#unacknowledged.push(upward);
  }

  /** What the coordinator sends again when the connection stands again. */
  get unanswered(): readonly Downward[] {
    return this.#unanswered;
  }

  /** What the member sends again. */
  get unacknowledged(): readonly Upward[] {
    return this.#unacknowledged;
  }

  /** The coordinator has taken a message of the member: the first so many of its own are answered. */
  answered(count: number): void {
    this.#unanswered.splice(0, count);
  }

  #forgetAcknowledged(now: number): void {
    this.#unacknowledged = this.#unacknowledged.filter(({ acknowledgedAt }) => (acknowledgedAt ?? Infinity) > now);
  }
}
