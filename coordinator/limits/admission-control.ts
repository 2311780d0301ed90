import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { Buckets, perMinute } from './bucket.ts';
import { addressKey, type AddressRule, type Caller } from './address.ts';
import { ConnectionLimiter, type Ending } from './connection-limiter.ts';
import { type SendQuota, SendQuotas } from './send-quota.ts';

/** Limits on what clients may ask for; see `limits` in the configuration. */
export interface AdmissionLimits extends AddressRule {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly strangers: number;
  readonly helloTimeoutMs: number;
  readonly connectsPerMinute: number;
  readonly seatsPerMinute: number;
  readonly roundsOfMessages: number;
}

/** One address may have 1/SHARE of all unauthenticated connections, so that it does not keep all others out. */
const SHARE = 8;

/** A socket that can be cut off. */
export type Connected = Ending & { destroy(): unknown };

/** Decides which connections are admitted, how often a member may take its seat, and how much may be sent. */
export class AdmissionControl {
  readonly #limits: AdmissionLimits;
  readonly #all: ConnectionLimiter;
  readonly #unauthenticated: ConnectionLimiter<Connected>;
  readonly #connects: Buckets<string>;
  readonly #seats: Buckets<MemberId>;
  readonly #quotas: SendQuotas<MemberId>;

  /**
   * @param largest bytes of the largest message of any task
   * @param now a clock in milliseconds
   */
  constructor(limits: AdmissionLimits, largest: number, now: () => number = () => performance.now()) {
    const { strangers } = limits;
    this.#limits = limits;
    this.#all = new ConnectionLimiter(limits);
    this.#unauthenticated = new ConnectionLimiter({
      connections: strangers,
      connectionsPerAddress: Math.ceil(strangers / SHARE),
    });
    this.#connects = new Buckets(perMinute(limits.connectsPerMinute), now);
    this.#seats = new Buckets(perMinute(limits.seatsPerMinute), now);
    this.#quotas = new SendQuotas(largest, limits.roundsOfMessages, now);
  }

  /**
   * Takes in a connection, until its socket is closed. One that is still unauthenticated after twice the time for a
   * Hello is cut off, whatever it is doing: a clean close would take the peer's cooperation. If there are too many
   * unauthenticated connections, the oldest is evicted: a Hello takes a moment, and silent peers must not keep others
   * out for all the time they are allowed.
   * @returns whether it may stay
   */
  admits(caller: Caller & { readonly socket: Connected }): boolean {
    const address = addressKey(caller, this.#limits);
    if (!this.#connects.of(address).take() || !this.#all.hasRoomFor(address)) return false;
    const { socket } = caller;
    const longest = this.#unauthenticated.inTheWayOf(address);
    if (longest !== undefined) {
      this.#unauthenticated.remove(longest);
      longest.destroy();
    }
    this.#all.add(socket, address);
    this.#unauthenticated.add(socket, address);
    const late = setTimeout(() => {
      if (this.#unauthenticated.has(socket)) socket.destroy();
    }, 2 * this.#limits.helloTimeoutMs);
    socket.once('close', () => clearTimeout(late));
    return true;
  }

  /** What a connection may send before it is authenticated. */
  unauthenticatedQuota(): SendQuota {
    return this.#quotas.unauthenticated();
  }

  /**
   * A connection has proven to be this member, and asks for its seat. A mere claim costs that member nothing.
   * @throws CairnError `rate-limited`
   */
  assertMaySit(member: MemberId): void {
    if (this.#seats.of(member).take()) return;
    const { seatsPerMinute } = this.#limits;
    throw new CairnError(
      'rate-limited',
      `member ${member} has taken its seat more than ${seatsPerMinute} times per minute`,
    );
  }

  /** A connection has proven who it is. */
  markAuthenticated(socket: Connected): void {
    this.#unauthenticated.remove(socket);
  }

  /** What a member may send, over any number of connections. */
  quotaOf(member: MemberId): SendQuota {
    return this.#quotas.of(member);
  }
}
