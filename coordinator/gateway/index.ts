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
import { limitPings, type RawSocket } from './pings.ts';
import type { Link, SeatHolder, Seat } from './seat.ts';
import type { Seats } from './seats.ts';
import { Uploads } from './uploads.ts';

export { Seats } from './seats.ts';
export type { Link } from './seat.ts';

/** Bytes of the longest frame: a full part, and 4 KiB for what socket.io adds. */
const LONGEST_FRAME = PART_OVERHEAD + PART_LENGTH + 4096;

/** Milliseconds between signs of life, and until a silent peer counts as gone. */
const PING = { pingInterval: 10_000, pingTimeout: 20_000 };

/** What a gateway is made with. */
export interface GatewayOptions extends HelloVerifier {
  readonly http: HttpServer;
  readonly seats: Seats;
  readonly random: RandomSource;
  readonly origins: Origins;
  /** How many proxies there are in front of it that are trusted. */
  readonly trustProxy: number;
  /** How many long messages are assembled at a time, over all members. */
  readonly uploads: number;
  /** Milliseconds within which the next part of a long message must come. */
  readonly uploadStallMs: number;
  /** Bytes per second that a long message must keep as a whole, beside one stall. */
  readonly minUploadRate: number;
  /** Milliseconds within which a Hello must come. */
  readonly helloTimeoutMs: number;
  /** Who may connect, and how much may be sent. */
  readonly entrance: AdmissionControl;
  readonly onRefused?: (what: 'connection' | 'message', code: ErrorCode, member: MemberId | undefined) => void;
  readonly onTaken?: (bytes: number, member: MemberId) => void;
}

/** The door to the rounds: it knows who is who, and carries messages between sockets and seats. */
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
      most: options.uploads,
      stallMs: options.uploadStallMs,
      minBytesPerSecond: options.minUploadRate,
    });
    this.#nextGuest = 1 + (options.members.greatest % 0xffff_ffff);
    // No connection state recovery: it keeps every message sent to anybody for a minute or more, and forgets a client
    // whose last message is older than that, as after a long training. Seats send again what was not answered.
    this.#io = new Server(options.http, {
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: LONGEST_FRAME,
      perMessageDeflate: false,
      // Not `cors`, which holds for long polling alone: a websocket is opened without asking.
      allowRequest: (request, decide) => {
        const refusal = this.#refusal(request);
        if (refusal !== undefined) options.onRefused?.('connection', refusal, undefined);
        if (refusal === undefined || refusal === 'refused') decide(refusal, refusal === undefined);
        else request.socket.end(unopened(refusal), () => decide(refusal, false));
      },
      connectTimeout: options.helloTimeoutMs,
      ...PING,
    });
    // Before anybody is in a namespace: a stranger can ping, too.
    this.#io.engine.on('connection', ({ transport }: { readonly transport: { readonly socket: RawSocket } }) => {
      limitPings(transport.socket);
    });
    this.#io.on('connection', (socket) => new MemberConnection(socket, this));
  }

  strangersPurse(): SendQuota {
    return this.#options.entrance.strangersPurse();
  }

  markAuthenticated(socket: Connected): void {
    this.#options.entrance.markAuthenticated(socket);
  }

  evictForFlooding(seat: Seat, error: CairnError): void {
    this.#options.seats.evict(seat, error);
  }

  #refusal(request: IncomingMessage): 'coordinator-address' | 'refused' | 'rate-limited' | undefined {
    const { addresses, trustProxy } = this.#options;
    // Browsers always name an origin here. A program is told at its Hello, in words, at which address it should join.
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

  /** Ends every connection once what was sent over it is written; the HTTP server is closed with it. */
  async close(): Promise<void> {
    this.#options.seats.close();
    // `io.close()` alone throws away what is still in the connections' buffers, such as the outcome of a round.
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
    const purse = (member: MemberId): Pick<SeatHolder, 'purse'> => ({ purse: entrance.purseOf(member) });
    if (caller.kind === 'member') return { ...caller, tasks, token: new Uint8Array(), ...purse(caller.member) };
    const seat = seats.withToken(caller.token);
    const { member, token } = seat ?? { member: this.#freeId(), token: this.random(LIMITS.token) };
    return { kind: 'guest', member, name: caller.name, tasks, token, ...purse(member) };
  }

  /** Ids of guests are not used again soon, so that nobody inherits what belonged to somebody else. */
  #freeId(): MemberId {
    for (;;) {
      const id = memberId(this.#nextGuest);
      this.#nextGuest = this.#nextGuest === 0xffff_ffff ? 1 : this.#nextGuest + 1;
      if (!this.#options.seats.has(id) && !this.#options.members.has(id)) return id;
    }
  }
}
