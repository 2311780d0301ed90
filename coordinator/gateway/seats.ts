import { createHash } from 'node:crypto';
import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { MakeMessage, RoundHandle, RoundListener, SeatHub, SendOptions } from '../rounds/seat-hub.ts';
import { type Link, Seat, type SeatedRound, type SeatHolder } from './seat.ts';

/** Called when a seat changes. */
interface SeatEvents {
  /** `name`: the guest's chosen name; '' for members. */
  readonly joined?: (member: MemberId, name: string) => void;
  /** Its connection ended; it may come back within the grace. */
  readonly away?: (member: MemberId) => void;
  readonly back?: (member: MemberId) => void;
  /** The member is gone: it left, or did not come back. */
  readonly left?: (member: MemberId) => void;
  /** A connection has its seat, and has been sent everything that the seat had kept for it. */
  readonly welcomed?: (seat: Seat) => void;
  /** A member came or went, or is idle again. */
  readonly changed?: () => void;
}

/** How long seats are kept, and callbacks for changes. */
export interface SeatOptions extends SeatEvents {
  /** Milliseconds within which a lost connection may be replaced. */
  readonly graceMs: number;
  /** Who may take part in a task, all judged at one time: an enrolment may end while its member has a seat. */
  readonly admitted: (task: string) => (occupant: Pick<SeatHolder, 'kind' | 'member'>) => boolean;
}

/** All members present. Rounds choose from those that are idle, and learn from here which are gone. */
export class Seats implements SeatHub {
  readonly #options: SeatOptions;
  readonly #seats = new Map<MemberId, Seat>();
  /** Guests' seats by the SHA-256 of their tokens: a look-up's duration reveals nothing about a token but its hash. */
  readonly #byToken = new Map<string, Seat>();
  /** Rounds that listen. */
  readonly #rounds = new Map<RoundHandle, SeatedRound>();
  readonly #graces = new Map<MemberId, NodeJS.Timeout>();
  #watchers: (() => void)[] = [];

  constructor(options: SeatOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#seats.size;
  }

  /** Number of connected seats. */
  get connected(): number {
    return [...this.#seats.values()].filter((seat) => seat.connected).length;
  }

  /** Connected seats that offer themselves for a task and may take part in it, whichever round they are in. */
  there(task: string): Seat[] {
    const admitted = this.#options.admitted(task);
    return [...this.#seats.values()].filter((seat) => seat.connected && seat.offersItselfFor(task) && admitted(seat));
  }

  has(member: MemberId): boolean {
    return this.#seats.has(member);
  }

  /** The guest's seat that a token opens. */
  withToken(token: Uint8Array): Seat | undefined {
    if (token.length === 0) return undefined;
    return this.#byToken.get(hashOf(token));
  }

  /** Connected members that are in no round, offer themselves for the task and may take part in it, ascending. */
  idle(task: string): MemberId[] {
    const admitted = this.#options.admitted(task);
    const free = [...this.#seats.values()].filter(
      (seat) => seat.connected && seat.place === undefined && seat.offersItselfFor(task) && admitted(seat),
    );
    return free.map(({ member }) => member).sort((a, b) => a - b);
  }

  /**
   * Gives a connection its seat: a new one, or the one it had. A newer connection of the same identity replaces an
   * older one, since the older may be dead without this having been noticed.
   */
  take(occupant: SeatHolder, link: Link, greet: (seat: Seat) => void): Seat {
    const known = this.#seats.get(occupant.member);
    const seat = known ?? new Seat(occupant);
    this.#seats.set(seat.member, seat);
    if (seat.kind === 'guest') this.#byToken.set(hashOf(seat.token), seat);
    clearTimeout(this.#graces.get(seat.member));
    this.#graces.delete(seat.member);
    const replaced = seat.attach(link, occupant.tasks, () => greet(seat));
    // Not `seat-taken`, after which the client would come back and take the seat from the newer connection in turn.
    replaced?.end(
      new CairnError(
        'refused',
        `member ${seat.member} has connected again from elsewhere: run one process with each identity`,
      ),
    );
    this.#options.welcomed?.(seat);
    if (known === undefined) this.#options.joined?.(seat.member, occupant.name ?? '');
    else this.#options.back?.(seat.member);
    this.#changed();
    return seat;
  }

  /** A connection has ended. `final`: the member has left for good, so its seat is not kept. */
  drop(seat: Seat, link: Link, final: boolean): void {
    if (!seat.heldBy(link) || this.#seats.get(seat.member) !== seat) return;
    seat.detach();
    if (final) {
      this.#leave(seat);
      return;
    }
    this.#options.away?.(seat.member);
    this.#graces.set(
      seat.member,
      setTimeout(() => this.#leave(seat), this.#options.graceMs),
    );
    this.#changed();
  }

  /** Takes members' seats away: they leave their rounds at once and are told why. Pending `change` calls resolve. */
  expel(members: readonly MemberId[], reason: (member: MemberId) => CairnError): void {
    for (const member of members) {
      const seat = this.#seats.get(member);
      if (seat?.kind !== 'member') continue;
      const link = seat.detach();
      clearTimeout(this.#graces.get(member));
      this.#leave(seat);
      link?.end(reason(member));
    }
    this.#changed();
  }

  /** Takes a member's seat away: it leaves its round at once, and is told why. */
  evict(seat: Seat, error: CairnError): void {
    if (this.#seats.get(seat.member) !== seat) return;
    const link = seat.detach();
    clearTimeout(this.#graces.get(seat.member));
    this.#leave(seat, error.code);
    link?.end(error);
  }

  onMessage(round: RoundHandle, listener: RoundListener): () => void {
    const place: SeatedRound = {
      handle: round,
      refusal: (member, header) => listener.refusal(member, header),
      message: (member, message) => listener.message(member, message),
      leave: (member, reason) => listener.leave(member, reason),
      timeLeft: () => listener.timeLeft(),
      sent: (bytes) => listener.sent(bytes),
    };
    this.#rounds.set(round, place);
    return () => {
      if (this.#rounds.get(round) === place) this.#rounds.delete(round);
    };
  }

  /** Sends to a member, if it still has a seat. */
  send(member: MemberId, message: MakeMessage, options?: SendOptions): void {
    this.#seats.get(member)?.send(message, options);
  }

  /** Seats members in a round. */
  assign(members: readonly MemberId[], round: RoundHandle): void {
    const place = this.#rounds.get(round);
    if (place === undefined)
      throw new CairnError('internal', 'seats: members were assigned to a round that does not listen');
    for (const member of members) this.#seats.get(member)?.assign(place);
  }

  /** The round is over: its members are idle. */
  release(members: readonly MemberId[], round: RoundHandle): void {
    for (const member of members) {
      const seat = this.#seats.get(member);
      if (seat?.place?.handle === round) seat.release();
    }
    this.#changed();
  }

  /** Resolves when a member next comes, goes or becomes idle, or when the signal is aborted. */
  change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#watchers = this.#watchers.filter((watcher) => watcher !== done);
        resolve();
      };
      if (signal.aborted) {
        resolve();
        return;
      }
      signal.addEventListener('abort', done);
      this.#watchers.push(done);
    });
  }

  /** Forgets all members without telling them. */
  close(): void {
    for (const seat of this.#seats.values()) {
      seat.detach();
      seat.release();
    }
    for (const timer of this.#graces.values()) clearTimeout(timer);
    this.#graces.clear();
    this.#seats.clear();
    this.#byToken.clear();
    this.#rounds.clear();
  }

  #leave(seat: Seat, reason: ErrorCode = 'member-left'): void {
    this.#graces.delete(seat.member);
    this.#seats.delete(seat.member);
    this.#byToken.delete(hashOf(seat.token));
    const { place } = seat;
    seat.release();
    place?.leave(seat.member, reason);
    this.#options.left?.(seat.member);
    this.#changed();
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
    this.#options.changed?.();
  }
}

const hashOf = (token: Uint8Array): string => createHash('sha256').update(token).digest('hex');
