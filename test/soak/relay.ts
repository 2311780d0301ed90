import { connect, createServer, type Server, type Socket } from 'node:net';

/** A relay between clients and a coordinator that can lose every connection at once. */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on one port of this machine, and passes on to another. */
  static async open(port: number, target: number): Promise<Relay> {
    const server = createServer();
    const relay = new Relay(server);
    server.on('connection', (near) => relay.#pass(near, connect(target, '127.0.0.1')));
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
    return relay;
  }

  /** As when a cable is pulled and put back. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #pass(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      this.#sockets.add(from!);
      from!.on('error', () => undefined);
      from!.on('close', () => {
        this.#sockets.delete(from!);
        to!.destroy();
      });
      from!.pipe(to!);
    }
  }
}
