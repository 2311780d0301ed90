import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A relay between a client and a coordinator that can lose every connection at once, and that remembers what passed. */
export class Proxy {
  readonly passed: Buffer[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Port of the coordinator that it relays to. */
  target = 0;

  /** Listens; where to relay to may be said later. */
  static async open(): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server);
    server.on('connection', (near) => proxy.#relay(near, connect(proxy.target, '127.0.0.1')));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** As when a cable is pulled and put back. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    this.cut();
    await closed;
  }

  #relay(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      this.#sockets.add(from!);
      from!.on('data', (bytes: Buffer) => {
        this.passed.push(bytes);
        to!.write(bytes);
      });
      from!.on('error', () => undefined);
      from!.on('close', () => {
        this.#sockets.delete(from!);
        to!.destroy();
      });
    }
  }
}
