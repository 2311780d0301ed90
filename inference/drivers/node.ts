import type { Server } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { CairnError } from '../../protocol/errors.ts';
import { isLoopback } from '../../protocol/wire/index.ts';
import { Channel } from './channel.ts';

/** Bytes of the longest frame: a channel sends pieces of 1 MiB, and texts of at most 4 MiB. */
const MAX_PAYLOAD = 4 << 20;

/** How sockets are accepted. */
export interface AcceptOptions {
  /** Path of the WebSocket, such as `/ask`. */
  readonly path: string;
  /** Sessions at a time; more are closed at once. */
  readonly maxSessions: number;
  /** What is done with each. It must not reject. */
  readonly onChannel: (channel: Channel) => Promise<void>;
  readonly onRefused?: () => void;
}

/** Sessions that are accepted; `close` ends them. */
export interface Acceptor {
  close(): void;
}

/** Accepts sessions at paths of an HTTP or HTTPS server, which stays the caller's. */
export function accept(server: Server, kinds: readonly AcceptOptions[]): Acceptor {
  // Compression would make the size of a message depend on what it holds.
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD, perMessageDeflate: false });
  const open = new Map<AcceptOptions, Set<Channel>>(kinds.map((kind) => [kind, new Set()]));
  server.on('upgrade', (request, socket, head) => {
    // Node has taken its own listener away, and a reset without one would end this process.
    socket.on('error', () => socket.destroy());
    const path = (request.url ?? '').split('?', 1)[0];
    const kind = kinds.find((one) => one.path === path);
    // A peer that keeps its half open would keep the socket, for which nothing else has a time limit.
    const refuse = (status: string): void => {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
    };
    if (kind === undefined) {
      refuse('404 Not Found');
      return;
    }
    const sessions = open.get(kind)!;
    if (sessions.size >= kind.maxSessions) {
      kind.onRefused?.();
      refuse('503 Service Unavailable');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (websocket) => {
      const channel = new Channel(websocket);
      sessions.add(channel);
      void kind.onChannel(channel).finally(() => {
        channel.close();
        sessions.delete(channel);
      });
    });
  });
  return {
    close: () => {
      for (const sessions of open.values()) for (const channel of sessions) channel.close();
      sockets.close();
      for (const client of sockets.clients) client.terminate();
    },
  };
}

/**
 * Connects to a WebSocket.
 * @param url ws: or wss:
 * @throws CairnError `peer-unreachable`
 */
export function dial(url: string, timeoutMs: number): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, {
      ...{ maxPayload: MAX_PAYLOAD, perMessageDeflate: false, handshakeTimeout: timeoutMs },
      ...(seenByNobody(url) ? { generateMask: leaveZero } : {}),
    });
    socket.once('open', () => resolve(new Channel(socket)));
    socket.once('unexpected-response', (_, response) => {
      socket.terminate();
      const status = response.statusCode ?? 0;
      const busy = status === 503;
      reject(
        new CairnError('peer-unreachable', `${url} answers with status ${status}`, {
          hint: busy
            ? 'it has as many sessions as it allows: try again later'
            : 'check the address: no such service is there',
        }),
      );
    });
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new CairnError('peer-unreachable', `${url} cannot be reached (${cause.code ?? cause.message})`, { cause }),
      );
    });
  });
}

/**
 * Whether nothing between the two ends sees the frames. A client masks what it sends so that a proxy on the way cannot take
 * what it carries for requests (RFC 6455 §10.3); where there is none that sees it, that costs milliseconds a megabyte for
 * nothing, and zeros are a mask as well.
 */
function seenByNobody(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'wss:' || isLoopback(hostname);
}

/** The mask's four bytes are zero already. */
function leaveZero(): void {
  return undefined;
}
