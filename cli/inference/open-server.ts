import type { RequestListener, Server } from 'node:http';
import { createListener, listen, loadTls } from '../../coordinator/internal.ts';
import { CairnError } from '../../protocol/errors.ts';
import { canonicalAddress, isLoopback } from '../../protocol/wire/index.ts';

/** How a service listens, as the command line has it. */
export interface ListenFlags {
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly unsafePlainHttp?: boolean;
}

/** An HTTP server that listens. */
export interface OpenServer {
  readonly server: Server;
  /** Where it listens, such as `http://127.0.0.1:9443`. */
  readonly url: string;
  /** The addresses by which a peer may know it, canonical; none if it listens to every address of the machine. */
  readonly addresses: readonly string[];
  /** Stops listening, and ends every connection. */
  readonly close: () => void;
}

/** A server that is ready to listen: its files have been read. */
export interface ReadyServer {
  readonly server: Server;
  /** @throws CairnError `port-in-use`, `config-invalid` */
  listen(): Promise<OpenServer>;
}

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

/** Connections at a time; sessions have a smaller bound of their own. */
const CONNECTIONS = 1024;

/** Milliseconds for a request's headers and a TLS handshake. */
const HELLO_MS = 10_000;

/**
 * Prepares a server as a coordinator has it: TLS, or plain HTTP on this machine alone unless it is allowed.
 * @param about what its pages say: it serves WebSockets
 * @throws CairnError `usage`, `unsafe-plain-http`, `config-unreadable`, `key-file-mode`, `config-invalid`
 */
export async function readyServer(flags: ListenFlags, about: string): Promise<ReadyServer> {
  const { host, port, tlsCert, tlsKey, unsafePlainHttp = false } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new CairnError('usage', '--tls-cert and --tls-key must be used together', { hint: 'pass both, or neither' });
  }
  const tls = await loadTls({
    ...{ host, unsafePlainHttp },
    ...(tlsCert === undefined || tlsKey === undefined ? {} : { tlsCert, tlsKey }),
  });
  const limits = {
    ...{ helloTimeoutMs: HELLO_MS, connections: CONNECTIONS, ipv6Prefix: 64, connectionsPerAddress: undefined },
    onRefused: () => undefined,
  };
  const listener = createListener(answering(about), limits, tls);
  const { server } = listener;
  const scheme = tls === undefined ? 'http' : 'https';
  return {
    server,
    async listen() {
      const chosen = await listen(server, host, port);
      const at = (name: string): string => `${scheme}://${name.includes(':') ? `[${name}]` : name}:${chosen}`;
      const names = WILDCARDS.has(host) ? [] : isLoopback(host) ? [host, 'localhost', '127.0.0.1', '::1'] : [host];
      return {
        server,
        url: at(host),
        addresses: [...new Set(names.map((name) => canonicalAddress(at(name))))],
        close: () => {
          server.close();
          listener.destroyConnections();
        },
      };
    },
  };
}

/** Plain requests get a line about what is here. */
const answering =
  (about: string): RequestListener =>
  (_, response) => {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    response.end(`${about}\n`);
  };
