import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { CairnError } from '../../protocol/errors.ts';
import type { TlsFiles } from './tls.ts';

/** An HTTP server, and the means to end what still hangs on it. */
export interface Listener {
  readonly server: Server;
  /** Destroys every connection, upgraded ones too. */
  destroyConnections(): void;
}

/** Milliseconds. */
const TIMEOUTS = { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 };

/** An HTTP server that slow or silent peers cannot hold for long; with TLS where it is given what that needs. */
export function createListener(handler: RequestListener, tls?: TlsFiles): Listener {
  const server: Server =
    tls === undefined
      ? createServer(TIMEOUTS, handler)
      : createTlsServer({ ...TIMEOUTS, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 }, handler);
  server.maxRequestsPerSocket = 1000;
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
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
