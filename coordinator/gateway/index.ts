import { Bucket } from '../limits/bucket.ts';
import type { EventEmitter } from 'node:events';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import type { RandomSource } from '../../protocol/crypto/index.ts';
import type { CairnError, ErrorCode } from '../../protocol/errors.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { LIMITS, PART_LENGTH, PART_OVERHEAD } from '../../protocol/wire/index.ts';
import { type Arrival, MemberConnection, type ConnectionHost } from './connection.ts';
import { isOurs, unopened } from '../http/host.ts';
import type { Connected, AdmissionControl } from '../limits/admission-control.ts';
import type { SendQuota } from '../limits/send-quota.ts';
import type { Origins } from '../origins.ts';
import { type HelloVerifier, judgeHello } from './hello.ts';
import type { Link, SeatHolder, Seat } from './seat.ts';
import type { Seats } from './seats.ts';
import { Uploads } from './uploads.ts';

export { Seats } from './seats.ts';
export type { Link } from './seat.ts';

/** Bytes of the longest frame: a full part, plus 4 KiB for what socket.io adds. */
const LONGEST_FRAME = PART_OVERHEAD + PART_LENGTH + 4096;

/** Milliseconds between heartbeats, and until a silent peer counts as gone. */
const PING = { pingInterval: 10_000, pingTimeout: 20_000 };

/** Options for creating a gateway. */
export interface GatewayOptions extends HelloVerifier {
  readonly http: HttpServer;
  readonly seats: Seats;
  readonly random: RandomSource;
  readonly origins: Origins;
  /** Number of trusted proxies in front of it. */
  readonly trustProxy: number;
  /** Maximum number of long messages assembled at a time, over all members. */
  readonly uploads: number;
  /** Milliseconds within which the next part of a long message must come. */
  readonly uploadStallMs: number;
  /** Bytes per second that a long message must keep up overall, apart from one stall. */
  readonly minUploadRate: number;
  /** Milliseconds within which a Hello must come. */
  readonly helloTimeoutMs: number;
  /** Limits who may connect, and how much they may send. */
  readonly entrance: AdmissionControl;
  readonly onRefused?: (what: 'connection' | 'message', code: ErrorCode, member: MemberId | undefined) => void;
  readonly onTaken?: (bytes: number, member: MemberId) => void;
}

/** The entry point for members: it authenticates them, and carries messages between sockets and seats. */
export class Gateway implements ConnectionHost {
  readonly random: RandomSource;
  readonly helloTimeoutMs: number;
  readonly uploads: Uploads;
  readonly #options: GatewayOptions;
  readonly #io: Server;
  #nextGuest: number;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.random = options.random;
    this.helloTimeoutMs = options.helloTimeoutMs;
    this.uploads = new Uploads({
      max: options.uploads,
      stallMs: options.uploadStallMs,
      minBytesPerSecond: options.minUploadRate,
    });
    this.#nextGuest = 1 + (options.members.greatest % 0xffff_ffff);
    // No connection state recovery: it keeps every message sent to any client for a minute or more, and forgets clients
    // whose last message is older than that, as after a long training. Seats resend what was not answered.
    this.#io = new Server(options.http, {
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: LONGEST_FRAME,
      perMessageDeflate: false,
      // Not `cors`, which applies only to long polling: a websocket is opened without a preflight request.
      allowRequest: (request, decide) => {
        const refusal = this.#refusal(request);
        if (refusal !== undefined) options.onRefused?.('connection', refusal, undefined);
        if (refusal === undefined || refusal === 'refused') decide(refusal, refusal === undefined);
        else request.socket.end(unopened(refusal), () => decide(refusal, false));
      },
      connectTimeout: options.helloTimeoutMs,
      ...PING,
    });
    // Before any socket joins a namespace: an unauthenticated peer can ping, too.
    this.#io.engine.on('connection', ({ transport }: { readonly transport: { readonly socket: RawSocket } }) => {
      limitPings(transport.socket);
    });
    this.#io.on('connection', (socket) => new MemberConnection(socket, this));
  }

  unauthenticatedQuota(): SendQuota {
    return this.#options.entrance.unauthenticatedQuota();
  }

  markAuthenticated(socket: Connected): void {
    this.#options.entrance.markAuthenticated(socket);
  }

  evictForFlooding(seat: Seat, error: CairnError): void {
    this.#options.seats.evict(seat, error);
  }

  #refusal(request: IncomingMessage): 'coordinator-address' | 'refused' | 'rate-limited' | undefined {
    const { addresses, trustProxy } = this.#options;
    // Browsers always send an origin here. Other programs are told, in the answer to their Hello, which address to use.
    if (request.headers.origin !== undefined && !isOurs(request, addresses, trustProxy)) return 'coordinator-address';
    if (!this.#options.origins.admits(request.headers.origin, request.socket)) return 'refused';
    return this.#options.entrance.admits(request) ? undefined : 'rate-limited';
  }

  admit({ challenge, hello, end }: Arrival, link: Link, greet: (seat: Seat) => void): Seat {
    const occupant = this.#occupant(judgeHello(this.#options, challenge, hello, end), hello.tasks);
    const { seats, entrance } = this.#options;
    entrance.assertMaySit(occupant.member);
    return seats.take(occupant, link, greet);
  }

  lost(seat: Seat, link: Link, final: boolean): void {
    this.#options.seats.drop(seat, link, final);
  }

  refused(what: 'connection' | 'message', code: ErrorCode, seat: Seat | undefined): void {
    this.#options.onRefused?.(what, code, seat?.member);
  }

  taken(bytes: number, seat: Seat): void {
    this.#options.onTaken?.(bytes, seat.member);
  }

  /** Ends every connection once all that was sent over it is written; also closes the HTTP server. */
  async close(): Promise<void> {
    this.#options.seats.close();
    // `io.close()` alone discards what is still in the connections' buffers, such as the outcome of a round.
    const connections = [...this.#io.sockets.sockets.values()].map(({ conn }) => conn);
    await Promise.all(
      connections.map((connection) => {
        const closed = new Promise<void>((resolve) => void connection.once('close', () => resolve()));
        connection.close();
        return closed;
      }),
    );
    await this.#io.close();
  }

  #occupant(caller: ReturnType<typeof judgeHello>, tasks: readonly string[]): SeatHolder {
    const { seats, entrance } = this.#options;
    const quota = (member: MemberId): Pick<SeatHolder, 'quota'> => ({ quota: entrance.quotaOf(member) });
    if (caller.kind === 'member') return { ...caller, tasks, token: new Uint8Array(), ...quota(caller.member) };
    const seat = seats.withToken(caller.token);
    const { member, token } = seat ?? { member: this.#freeId(), token: this.random(LIMITS.token) };
    return { kind: 'guest', member, name: caller.name, tasks, token, ...quota(member) };
  }

  /** Guests' ids are not reused soon, so that no guest inherits what belonged to another. */
  #freeId(): MemberId {
    for (;;) {
      const id = memberId(this.#nextGuest);
      this.#nextGuest = this.#nextGuest === 0xffff_ffff ? 1 : this.#nextGuest + 1;
      if (!this.#options.seats.has(id) && !this.#options.members.has(id)) return id;
    }
  }
}

/** Some websocket libraries send heartbeats by themselves: one every 20 seconds, or every second. */
const RATE = { capacity: 30, perSecond: 1 };

/** A websocket below socket.io. */
type RawSocket = Pick<EventEmitter, 'on'> & { terminate(): void };

/**
 * Ends a websocket over which pings or pongs come faster than any client needs. They are answered below the layers that
 * count packets, and answers to a peer that does not read them would fill the memory.
 * @param now a clock in milliseconds
 */
function limitPings(socket: RawSocket, now: () => number = () => performance.now()): void {
  const bucket = new Bucket(RATE, now);
  for (const name of ['ping', 'pong']) {
    socket.on(name, () => {
      if (!bucket.take()) socket.terminate();
    });
  }
}
