import { connect, createServer, type Server, type Socket } from 'node:net';

/** The line between one member and the coordinator: it can be cut, be slow, and be dead. */
export class Line {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #dead = false;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** Listens on one port of this machine, and passes on to another. */
  static async open(port: number, target: number): Promise<Line> {
    const server = createServer();
    const line = new Line(server, port);
    server.on('connection', (near) => {
      if (line.#dead) near.destroy();
      else line.#pass(near, connect(target, '127.0.0.1'));
    });
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
    return line;
  }

  /** As when a cable is pulled and put back. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nothing passes for so many milliseconds, and nothing is lost. */
  async stall(ms: number): Promise<void> {
    const stalled = [...this.#sockets];
    for (const socket of stalled) socket.pause();
    await new Promise((resolve) => setTimeout(resolve, ms));
    for (const socket of stalled) socket.resume();
  }

  /** Whether it lets anything through; a line that dies is cut, too. */
  set dead(dead: boolean) {
    this.#dead = dead;
    if (dead) this.cut();
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
      from!.on('data', (bytes) => to!.write(bytes));
      from!.on('error', () => undefined);
      from!.on('close', () => {
        this.#sockets.delete(from!);
        to!.destroy();
      });
    }
  }
}
