import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A bare connection to a coordinator, whose bytes are the test's. */
export class Wire {
  readonly #socket: Socket;
  received = '';
  readonly closed: Promise<unknown>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = once(socket, 'close');
    socket.on('data', (chunk: Buffer) => (this.received += chunk.toString('latin1')));
    // The coordinator may well cut it.
    socket.on('error', () => undefined);
  }

  static async open(url: string): Promise<Wire> {
    const { port, hostname } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new Wire(socket);
  }

  get open(): boolean {
    return !this.#socket.destroyed;
  }

  write(text: string | Uint8Array): this {
    this.#socket.write(text);
    return this;
  }

  end(): void {
    this.#socket.destroy();
  }
}

/** Begins to ask for a page, and never ends. */
export const HALF_A_REQUEST = 'GET /v1/tasks HTTP/1.1\r\nHost: localhost\r\nX-Slow: ';

/** Asks for a WebSocket, as a client of socket.io does. */
export const UPGRADE = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${Buffer.alloc(16, 7).toString('base64')}\r\n\r\n`,
].join('\r\n');

/** The beginning of a binary frame that announces so many bytes and then brings none. */
export function frameHead(length: number): Uint8Array {
  const head = Buffer.alloc(14);
  head[0] = 0x82;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
