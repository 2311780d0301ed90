import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { Buckets, perMinute } from './bucket.ts';
import { addressKey, type AddressRule, type Caller } from './address.ts';
import { ConnectionLimiter, type Ending } from './connection-limiter.ts';
import { type SendQuota, SendQuotas } from './send-quota.ts';

/** What is asked for at most; see `limits` in the configuration. */
export interface EntranceLimits extends AddressRule {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly strangers: number;
  readonly helloTimeoutMs: number;
  readonly connectsPerMinute: number;
  readonly seatsPerMinute: number;
  readonly roundsOfMessages: number;
}

/** One address may have this part of all strangers, so that it does not keep everybody else out. */
const SHARE = 8;

/** A socket that can be cut off. */
export type Connected = Ending & { destroy(): unknown };

/** Who may connect, how often somebody may take a seat, and how much may be sent. */
export class AdmissionControl {
  readonly #limits: EntranceLimits;
  readonly #everybody: ConnectionLimiter;
  readonly #unauthenticated: ConnectionLimiter<Connected>;
  readonly #connects: Buckets<string>;
  readonly #seats: Buckets<MemberId>;
  readonly #purses: SendQuotas<MemberId>;

  /**
   * @param largest bytes of the largest message of any task
   * @param now a clock in milliseconds
   */
  constructor(limits: EntranceLimits, largest: number, now: () => number = () => performance.now()) {
    const { strangers } = limits;
    this.#limits = limits;
    this.#everybody = new ConnectionLimiter(limits);
    this.#unauthenticated = new ConnectionLimiter({
      connections: strangers,
      connectionsPerAddress: Math.ceil(strangers / SHARE),
    });
    this.#connects = new Buckets(perMinute(limits.connectsPerMinute), now);
    this.#seats = new Buckets(perMinute(limits.seatsPerMinute), now);
    this.#purses = new SendQuotas(largest, limits.roundsOfMessages, now);
  }

  /**
   * Takes in a connection, until its socket is closed. One that is a stranger still after twice the time for a Hello is
   * cut off, whatever it is in the middle of: closing in good order would take the peer's consent. Where there are too
   * many strangers, whoever has been one longest makes room: a Hello takes a moment, and who is silent must not keep others
   * out for as long as it may be.
   * @returns whether it may stay
   */
  admits(caller: Caller & { readonly socket: Connected }): boolean {
    const address = addressKey(caller, this.#limits);
    if (!this.#connects.of(address).take() || !this.#everybody.hasRoomFor(address)) return false;
    const { socket } = caller;
    const longest = this.#unauthenticated.inTheWayOf(address);
    if (longest !== undefined) {
      this.#unauthenticated.remove(longest);
      longest.destroy();
    }
    this.#everybody.add(socket, address);
    this.#unauthenticated.add(socket, address);
    const late = setTimeout(() => {
      if (this.#unauthenticated.has(socket)) socket.destroy();
    }, 2 * this.#limits.helloTimeoutMs);
    socket.once('close', () => clearTimeout(late));
    return true;
  }

  /** What a connection may send before anybody knows who it is. */
  strangersPurse(): SendQuota {
    return this.#purses.stranger();
  }

  /**
   * Somebody has proven to be this member, and asks for its seat. Who only says so costs that member nothing.
   * @throws CairnError `rate-limited`
   */
  assertMaySit(member: MemberId): void {
    if (this.#seats.of(member).take()) return;
    const { seatsPerMinute } = this.#limits;
    throw new CairnError(
      'rate-limited',
      `member ${member} has taken its seat more than ${seatsPerMinute} times a minute`,
    );
  }

  /** A connection has said who it is. */
  markAuthenticated(socket: Connected): void {
    this.#unauthenticated.remove(socket);
  }

  /** What a member may send, over however many connections. */
  purseOf(member: MemberId): SendQuota {
    return this.#purses.of(member);
  }
}
