import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Acceptor } from '../../../inference/drivers/node.ts';

/** A server on a free port of the loopback. */
export interface Listening {
  readonly server: Server;
  /** Such as `ws://127.0.0.1:40000`. */
  readonly url: string;
  close(): void;
}

/** Listens, and accepts what `open` accepts. */
export async function listening(open: (server: Server) => Acceptor): Promise<Listening> {
  const server = createServer();
  const acceptor = open(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    server,
    url: `ws://127.0.0.1:${port}`,
    close: () => {
      acceptor.close();
      server.close();
    },
  };
}
