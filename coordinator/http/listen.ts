import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { CairnError } from '../../protocol/errors.ts';
import { addressKey } from '../limits/address.ts';
import { ConnectionLimiter } from '../limits/connection-limiter.ts';
import type { TlsFiles } from './tls.ts';

/** An HTTP server, and the means to end what still hangs on it. */
export interface Listener {
  readonly server: Server;
  /** Destroys every connection, upgraded ones too. */
  destroyConnections(): void;
}

/** How much a server takes on. */
export interface ListenerLimits {
  /** Milliseconds within which a request's headers must have come, and a TLS handshake be done. */
  readonly helloTimeoutMs: number;
  /** Connections at a time, of every kind. */
  readonly connections: number;
  /** Leading bits of an IPv6 address by which peers are told apart. */
  readonly ipv6Prefix: number;
  /** Connections at a time from one address; undefined where a proxy's address is all that there is to see. */
  readonly connectionsPerAddress: number | undefined;
  /** A connection was ended at once: there are too many. */
  readonly onRefused: () => void;
}

/** Milliseconds within which a whole request must come, and within which something must pass in either direction. */
const IDLE_MS = 30_000;

/** Bytes of a request's headers: a browser's own take two or three thousand. */
const HEADER_BYTES = 8192;

/** An HTTP server that slow or silent peers cannot hold for long; with TLS where it is given what that needs. */
export function createListener(handler: RequestListener, limits: ListenerLimits, tls?: TlsFiles): Listener {
  const { helloTimeoutMs, connections, ipv6Prefix } = limits;
  const options = {
    headersTimeout: helloTimeoutMs,
    requestTimeout: Math.max(IDLE_MS, helloTimeoutMs),
    keepAliveTimeout: 5000,
    // By default Node looks every half minute for who is late.
    connectionsCheckingInterval: Math.ceil(helloTimeoutMs / 4),
    maxHeaderSize: HEADER_BYTES,
  };
  const server: Server =
    tls === undefined
      ? createServer(options, handler)
      : createTlsServer({ ...options, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: helloTimeoutMs }, handler);
  server.maxRequestsPerSocket = 1000;
  server.maxConnections = connections;
  // Of a peer that reads nothing of an answer. Websockets are exempt: they have their own signs of life.
  server.timeout = IDLE_MS;
  server.on('drop', limits.onRefused);
  const sockets = new Set<Socket>();
  const crowd = new ConnectionLimiter({
    connections,
    connectionsPerAddress: limits.connectionsPerAddress ?? connections,
  });
  server.on('connection', (socket: Socket) => {
    const address = addressKey({ headers: {}, socket }, { trustProxy: 0, ipv6Prefix });
    if (!crowd.hasRoomFor(address)) {
      limits.onRefused();
      socket.destroy();
      return;
    }
    crowd.add(socket, address);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    server,
    destroyConnections: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * Starts to listen.
 * @returns the port, which the system chooses for port 0
 * @throws CairnError `port-in-use`, or `config-invalid` where host or port cannot be listened on
 */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void => {
      const where = `${host}:${port}`;
      reject(
        cause.code === 'EADDRINUSE'
          ? new CairnError('port-in-use', `another program listens on ${where}`, { cause })
          : new CairnError(
              'config-invalid',
              `host, port: ${where} cannot be listened on (${cause.code ?? 'unknown'})`,
              { cause },
            ),
      );
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
