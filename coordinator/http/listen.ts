import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { CairnError } from '../../protocol/errors.ts';
import { addressKey } from '../limits/address.ts';
import { ConnectionLimiter } from '../limits/connection-limiter.ts';
import type { TlsFiles } from './tls.ts';

/** An HTTP server, and a way to end the connections that are still open. */
export interface Listener {
  readonly server: Server;
  /** Destroys every connection, upgraded ones too. */
  destroyConnections(): void;
}

/** Limits on what a server accepts. */
export interface ListenerLimits {
  /** Milliseconds within which a request's headers must arrive, and a TLS handshake complete. */
  readonly helloTimeoutMs: number;
  /** Connections at a time, of every kind. */
  readonly connections: number;
  /** Leading bits of an IPv6 address by which peers are distinguished. */
  readonly ipv6Prefix: number;
  /** Connections at a time from one address; undefined if all connections come from a proxy's address. */
  readonly connectionsPerAddress: number | undefined;
  /** A connection was closed at once because there are too many. */
  readonly onRefused: () => void;
}

/** Milliseconds within which a whole request must arrive, and after which an idle connection is closed. */
const IDLE_MS = 30_000;

/** Bytes of a request's headers: a browser sends two or three thousand. */
const HEADER_BYTES = 8192;

/** An HTTP server that slow or silent peers cannot hold for long; with TLS if its files are given. */
export function createListener(handler: RequestListener, limits: ListenerLimits, tls?: TlsFiles): Listener {
  const { helloTimeoutMs, connections, ipv6Prefix } = limits;
  const options = {
    headersTimeout: helloTimeoutMs,
    requestTimeout: Math.max(IDLE_MS, helloTimeoutMs),
    keepAliveTimeout: 5000,
    // By default Node checks for late peers every 30 seconds.
    connectionsCheckingInterval: Math.ceil(helloTimeoutMs / 4),
    maxHeaderSize: HEADER_BYTES,
  };
  const server: Server =
    tls === undefined
      ? createServer(options, handler)
      : createTlsServer({ ...options, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: helloTimeoutMs }, handler);
  server.maxRequestsPerSocket = 1000;
  server.maxConnections = connections;
  // For peers that do not read an answer. Websockets are exempt: they have their own heartbeats.
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
 * @throws CairnError `port-in-use`, or `config-invalid` if host or port cannot be listened on
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
