import { createServer, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { EVENT_NAME } from '../../../coordinator/internal.ts';
import { DEFAULT_SUITE, PROTOCOL_VERSION, SIZES, systemRandom, toHex } from '../../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import type { CairnError } from '../../../protocol/errors.ts';
import { type MemberId, memberId } from '../../../protocol/ids.ts';
import { decodeHello, encodeAbort, encodeChallenge, encodeWelcome, messageName } from '../../../protocol/wire/index.ts';
import { Transcript } from '../inference/transcript.ts';

/** What a path serves: bytes, or whatever the attacker writes. */
export type Served = Uint8Array | ((response: ServerResponse) => void);

/** Receives clients' messages. */
export interface Receiver {
  /** @returns why the message is refused; undefined if it is accepted */
  receive(member: MemberId, bytes: Uint8Array): CairnError | undefined;
}

/** How the server's greeting deviates from a proper coordinator's. */
export interface Manners {
  /** The challenge for a connection. Default: 32 random bytes. */
  readonly challenge?: () => Promise<Uint8Array>;
  /** Called with every Hello as received. */
  readonly onHello?: (hello: Uint8Array) => void;
}

type Seated = Socket<
  Record<typeof EVENT_NAME, (bytes: unknown, acknowledge: (refusal?: Uint8Array) => void) => void>,
  Record<typeof EVENT_NAME, (bytes: unknown) => void>
>;

/**
 * A coordinator controlled by an attacker: a real server with the surface of the real one (models, directory, status,
 * and socket.io with challenge, Hello, Welcome and acknowledged messages), which records everything.
 */
export class EvilCoordinator {
  readonly transcript = new Transcript();
  /** What is served, by path: `/v1/directory`, `/v1/models/…`. */
  readonly served = new Map<string, Served>();
  /** Requested paths, in order. */
  readonly requests: string[] = [];
  /** Handles members' messages. Without one they are accepted, and nothing follows. */
  receiver: Receiver | undefined;
  readonly #manners: Manners;
  readonly #http: HttpServer;
  readonly #io: Server;
  readonly #seats = new Map<MemberId, Seated>();
  readonly #watchers = new Set<() => void>();

  private constructor(manners: Manners) {
    this.#manners = manners;
    this.#http = createServer((request, response) => {
      const path = request.url ?? '';
      this.requests.push(path);
      serve(response, path === '/v1' ? status() : this.served.get(path));
    });
    this.#io = new Server(this.#http, { transports: ['websocket'], maxHttpBufferSize: 1e8 });
    this.#io.on('connection', (socket: Seated) => void this.#connected(socket));
  }

  static async start(manners: Manners = {}): Promise<EvilCoordinator> {
    const coordinator = new EvilCoordinator(manners);
    await new Promise<void>((listening) => coordinator.#http.listen(0, '127.0.0.1', listening));
    return coordinator;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#http.closeAllConnections();
    await this.#io.close();
  }

  /** Members that have a seat, ascending. */
  get members(): MemberId[] {
    return [...this.#seats.keys()].sort((a, b) => a - b);
  }

  /** Serves a model file. @returns its hash */
  publish(file: Uint8Array): Uint8Array {
    const hash = nodePrimitives.sha256(file);
    this.served.set(`/v1/models/${toHex(hash)}`, file);
    return hash;
  }

  /** Sends bytes to a member. */
  send(member: MemberId, bytes: Uint8Array): void {
    this.transcript.note('down', member, bytes);
    this.#seats.get(member)?.emit(EVENT_NAME, bytes);
  }

  /** Sends something that is not a message at all. */
  sendAnything(member: MemberId, payload: unknown): void {
    this.#seats.get(member)?.emit(EVENT_NAME, payload);
  }

  /** Breaks a member's connection, as a network would: it comes back. */
  cut(member: MemberId): void {
    this.#seats.get(member)?.conn.close();
  }

  /** Resolves once this is true; checked whenever something happens here. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Something happened. */
  happened(): void {
    for (const look of [...this.#watchers]) look();
  }

  async #connected(socket: Seated): Promise<void> {
    const challenge = await (this.#manners.challenge?.() ?? Promise.resolve(systemRandom(SIZES.challenge)));
    let member: MemberId | undefined;
    socket.on(EVENT_NAME, (payload, acknowledge) => {
      // A copy, since the protocol's decoders keep views, and Node's Buffers share a pool.
      const bytes = new Uint8Array(payload as Uint8Array);
      if (messageName(bytes) === 'hello') {
        acknowledge();
        member = this.#greeted(socket, challenge, bytes);
      } else if (member !== undefined) {
        acknowledge(this.#received(member, bytes));
      }
      this.happened();
    });
    socket.emit(EVENT_NAME, encodeChallenge({ suite: DEFAULT_SUITE, context: challenge }));
  }

  /** Every client is welcome: a liar need not check identities. Guests in these tests are named by their ids. */
  #greeted(socket: Seated, context: Uint8Array, bytes: Uint8Array): MemberId {
    this.#manners.onHello?.(bytes);
    const { who } = decodeHello(bytes);
    const member = who.kind === 'member' ? who.member : memberId(Number(who.name));
    const token = who.kind === 'member' ? new Uint8Array() : context.slice(0, 16);
    this.#seats.set(member, socket);
    socket.emit(EVENT_NAME, encodeWelcome({ suite: DEFAULT_SUITE, context, member, token }));
    return member;
  }

  #received(member: MemberId, bytes: Uint8Array): Uint8Array | undefined {
    this.transcript.note('up', member, bytes);
    const refusal = this.receiver?.receive(member, bytes);
    return refusal && encodeAbort({ suite: DEFAULT_SUITE, context: bytes.subarray(3, 3 + SIZES.hash) }, refusal);
  }
}

const status = (): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ name: 'cairn', protocol: PROTOCOL_VERSION, suite: DEFAULT_SUITE }));

function serve(response: ServerResponse, body: Served | undefined): void {
  if (typeof body === 'function') {
    body(response);
    return;
  }
  response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/octet-stream' });
  response.end(body);
}
