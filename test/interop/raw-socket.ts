/**
 * Section 11.1 of docs/protocol.md by hand: socket.io's frames over a WebSocket (RFC 6455) over TCP, with nothing but
 * Node's own modules. Good enough for whole frames of a test; it closes without ceremony.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

type Bytes = Uint8Array;

const TEXT = 1;
const BINARY = 2;
/** Of section 11.1's long messages: the longest that travels whole, bytes of a header, types of Part and Resume. */
const MOST = 262_144;
const HEADER = 35;
const PART = 0x23;
const RESUME = 0x25;
const HEADER_END = '\r\n\r\n';

/** The length of a frame from the client, with the bit that says that it is masked. */
function lengthField(length: number): Bytes {
  if (length < 126) return Buffer.of(0x80 | length);
  if (length < 2 ** 16) return Buffer.of(0x80 | 126, length >> 8, length & 0xff);
  const field = Buffer.alloc(9);
  field[0] = 0x80 | 127;
  field.writeBigUInt64BE(BigInt(length), 1);
  return field;
}

/** One frame from the client, which has to be masked. */
function frame(opcode: number, payload: Bytes): Bytes {
  const mask = randomBytes(4);
  const length = lengthField(payload.length);
  return Buffer.concat([Buffer.of(0x80 | opcode), length, mask, payload.map((byte, i) => byte ^ mask[i % 4]!)]);
}

/** The first whole frame of a buffer, if there is one. What a coordinator sends in these tests is shorter than 2^16. */
function firstFrame(
  buffer: Buffer,
): { readonly opcode: number; readonly payload: Buffer; readonly size: number } | undefined {
  if (buffer.length < 2 || (buffer[1] === 126 && buffer.length < 4)) return undefined;
  const long = buffer[1] === 126;
  const start = long ? 4 : 2;
  const size = start + (long ? buffer.readUInt16BE(2) : buffer[1]!);
  if (buffer.length < size) return undefined;
  return { opcode: buffer[0]! & 0x0f, payload: buffer.subarray(start, size), size };
}

/** What waits for its binary frame, or for its acknowledgement. */
type Answer = (refusal: Bytes | undefined) => void;

/** A connection to a coordinator. */
export class RawSocket {
  readonly #socket: Socket;
  readonly #onMessage: (bytes: Bytes) => void;
  /** Offsets of the parts that were sent, in order. */
  readonly sentParts: number[] = [];
  readonly #answers = new Map<number, Answer>();
  #buffer = Buffer.alloc(0);
  #attachment: Answer | undefined;
  #sent = 0;

  private constructor(socket: Socket, onMessage: (bytes: Bytes) => void) {
    this.#socket = socket;
    this.#onMessage = onMessage;
  }

  /** Connects; messages come to `onMessage`. */
  static async open(port: number, onMessage: (bytes: Bytes) => void): Promise<RawSocket> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      [
        'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
        `Host: 127.0.0.1:${port}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}${HEADER_END}`,
      ].join('\r\n'),
    );
    const raw = new RawSocket(socket, onMessage);
    let upgraded = false;
    socket.on('data', (chunk: Buffer) => {
      raw.#buffer = Buffer.concat([raw.#buffer, chunk]);
      if (!upgraded) {
        const end = raw.#buffer.indexOf(HEADER_END);
        if (end < 0) return;
        upgraded = true;
        raw.#buffer = raw.#buffer.subarray(end + HEADER_END.length);
      }
      raw.#read();
    });
    return raw;
  }

  /** Sends one message. @returns the Abort by which it was refused, or undefined where it was taken */
  send(bytes: Bytes): Promise<Bytes | undefined> {
    const number = this.#sent++;
    this.#text(`451-${number}["cairn",{"_placeholder":true,"num":0}]`);
    this.#socket.write(frame(BINARY, bytes));
    return new Promise((resolve) => this.#answers.set(number, resolve));
  }

  /**
   * Sends one message, in parts where it is long, from where the coordinator says.
   * @param id 16 bytes, the same whenever this message is sent
   * @param most of the bytes, after which it breaks off
   * @returns the Abort by which it was refused, or undefined
   */
  async sendLong(bytes: Bytes, id: Bytes = randomBytes(16), most = bytes.length): Promise<Bytes | undefined> {
    if (bytes.length <= MOST) return this.send(bytes);
    for (let offset = 0; offset < most;) {
      const length = offset === 0 ? HEADER : Math.min(MOST, bytes.length - offset);
      const fields = Buffer.alloc(8);
      fields.writeUInt32LE(bytes.length);
      fields.writeUInt32LE(offset, 4);
      const part = Buffer.concat([bytes.subarray(0, HEADER), fields, id, bytes.subarray(offset, offset + length)]);
      part[2] = PART;
      const answer = await this.send(part);
      this.sentParts.push(offset);
      if (answer !== undefined && answer[2] !== RESUME) return answer;
      offset = answer === undefined ? offset + length : Buffer.from(answer).readUInt32LE(HEADER);
    }
    return undefined;
  }

  /** Breaks the connection, as a cable does that is pulled. */
  cut(): void {
    this.#socket.destroy();
  }

  /** Leaves by socket.io's disconnect packet. */
  leave(): void {
    this.#text('41');
    this.#socket.end();
  }

  #text(text: string): void {
    // A ping may still come when it has left.
    if (this.#socket.writable) this.#socket.write(frame(TEXT, Buffer.from(text)));
  }

  #read(): void {
    for (let next = firstFrame(this.#buffer); next !== undefined; next = firstFrame(this.#buffer)) {
      this.#buffer = this.#buffer.subarray(next.size);
      if (next.opcode === TEXT) this.#packet(next.payload.toString());
      else if (next.opcode === BINARY) this.#attachment?.(new Uint8Array(next.payload));
    }
  }

  #packet(text: string): void {
    if (text.startsWith('0')) this.#text('40');
    else if (text === '2') this.#text('3');
    else if (text.startsWith('451-["cairn",')) this.#attachment = (bytes) => this.#onMessage(bytes!);
    else if (text.startsWith('461-')) this.#attachment = this.#answerTo(text.slice(4));
    else if (text.startsWith('43')) this.#answerTo(text.slice(2))(undefined);
  }

  #answerTo(rest: string): Answer {
    const number = Number.parseInt(rest, 10);
    const answer = this.#answers.get(number);
    if (answer === undefined) throw new Error(`nothing with the number ${number} was sent`);
    this.#answers.delete(number);
    return answer;
  }
}
