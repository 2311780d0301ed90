import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a relay does with a connection. */
interface Fate {
  /** Bytes that pass, in the direction that is cut, before both ends are destroyed. */
  readonly after: number;
  /** `down`: from the server to the client. */
  readonly direction: 'up' | 'down';
}

/**
 * A real TCP relay that cuts connections after so many bytes, as a bad line does. What a connection is for is read from
 * what its client sends first.
 */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #fateOf: (request: string) => Fate | undefined;
  /** Connections that it has cut. */
  cuts = 0;
  /** Bytes that passed on connections which were to be cut, in the direction of the cut. */
  passed = 0;

  private constructor(server: Server, fateOf: (request: string) => Fate | undefined) {
    this.#server = server;
    this.#fateOf = fateOf;
  }

  /** Listens; `target` is the port that it relays to. */
  static async open(target: () => number, fateOf: (request: string) => Fate | undefined): Promise<Relay> {
    const server = createServer();
    const relay = new Relay(server, fateOf);
    server.on('connection', (near) => relay.#pass(near, connect(target(), '127.0.0.1')));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #pass(near: Socket, far: Socket): void {
    let fate: Fate | undefined;
    let left = 0;
    let cut = false;
    const pass = (to: Socket, bytes: Buffer, direction: Fate['direction']): void => {
      if (cut) return;
      if (fate?.direction !== direction) {
        to.write(bytes);
        return;
      }
      const some = bytes.subarray(0, left);
      left -= some.length;
      this.passed += some.length;
      if (left > 0) {
        to.write(some);
        return;
      }
      cut = true;
      this.cuts++;
      // What was passed arrives; a reset would take it back.
      to.end(some, () => {
        near.destroy();
        far.destroy();
      });
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        (socket === near ? far : near).destroy();
      });
    }
    near.on('data', (bytes: Buffer) => {
      const found = this.#fateOf(bytes.toString('latin1', 0, 200));
      if (found !== undefined) {
        fate = found;
        left = found.after;
      }
      pass(far, bytes, 'up');
    });
    far.on('data', (bytes: Buffer) => pass(near, bytes, 'down'));
  }
}
