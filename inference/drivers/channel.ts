import { CairnError, ERROR_CODES, isErrorCode } from '../../protocol/errors.ts';

/**
 * What a channel needs of a WebSocket: the browser's own has it, and so has that of `ws` in Node. Binary messages are
 * taken as ArrayBuffer.
 */
export interface SocketLike {
  binaryType: string;
  /** Bytes that were sent and have not left this process. */
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  addEventListener(kind: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(kind: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  addEventListener(kind: 'error', listener: (event: unknown) => void): void;
  /** Stops reading until {@link SocketLike.resume}; a browser's socket cannot. */
  pause?(): void;
  resume?(): void;
}

/** What a channel is used for so far. */
export interface Traffic {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /**
   * Times that this side sent after it had received, or sent first: with two sides that answer each other, the round
   * trips.
   */
  readonly turns: number;
}

/** Bytes of the longest piece that a message is sent in. */
const PIECE = 1 << 20;

/**
 * Bytes that may wait here unread before the socket is paused. More than a piece: a socket that is paused in the middle
 * of the message that its reader waits for would never be resumed, which is why {@link Channel} also resumes it whenever
 * something is waited for.
 */
const UNREAD = 16 * PIECE;

/** Bytes that a piece is counted for besides its own: of many small ones, what keeps them is most. */
const KEEPING = 256;

/** Bytes that may wait to be sent before the sender pauses. */
const UNSENT = 16 * PIECE;

/** Characters of the longest control message: a plan and its description. */
const CONTROL = 4 * PIECE;

interface Waiting {
  readonly kind: 'bytes' | 'text';
  readonly length: number;
  readonly resolve: (value: Uint8Array | string) => void;
  readonly reject: (error: CairnError) => void;
}

/**
 * Messages over a WebSocket. Those of a party are binary, and travel in pieces of at most 1 MiB; where one ends follows
 * from its length, which the receiver knows. Those that steer the session are texts. Whatever arrives in another order
 * or of another kind than what is waited for ends the channel.
 */
export class Channel {
  readonly #socket: SocketLike;
  /** Pieces and texts that have arrived and were not asked for yet. */
  #arrived: (Uint8Array | string)[] = [];
  #unread = 0;
  #paused = false;
  #waiting: Waiting | undefined;
  /** The message that is being put together. */
  #filling: Uint8Array | undefined;
  #filled = 0;
  #closed: CairnError | undefined;
  #sentBytes = 0;
  #receivedBytes = 0;
  #turns = 0;
  #speaking = false;
  readonly #onEnd: (() => void)[] = [];

  /** Takes over a socket that is open. */
  constructor(socket: SocketLike) {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => this.#take(data));
    // A close follows every error.
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', ({ code, reason }) => this.#end(closing(code, reason)));
  }

  get traffic(): Traffic {
    return { sentBytes: this.#sentBytes, receivedBytes: this.#receivedBytes, turns: this.#turns };
  }

  /** Whether it has ended, and cannot be used any more. */
  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /**
   * Sends the message of a party. The bytes must not be changed afterwards.
   * @throws CairnError with which the channel ended
   */
  send(message: Uint8Array): void {
    this.#speak(message.length);
    for (let at = 0; at < message.length; at += PIECE) {
      this.#socket.send(message.length <= PIECE ? message : message.subarray(at, at + PIECE));
    }
  }

  /** Sends a text. @throws CairnError with which the channel ended */
  sendText(text: string): void {
    this.#speak(text.length);
    this.#socket.send(text);
  }

  /** Resolves at once, or when so much of what was sent has left that more may be sent. */
  async drained(): Promise<void> {
    while (this.#socket.bufferedAmount > UNSENT && this.#closed === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /**
   * The next message of the other party.
   * @param length bytes that it must have; nothing is allocated beyond that
   * @throws CairnError `wire-bounds` if pieces do not add up to it, `wire-type` if a text comes instead, or that with
   * which the channel ended
   */
  async receive(length: number): Promise<Uint8Array> {
    return (await this.#next('bytes', length)) as Uint8Array;
  }

  /**
   * The next text.
   * @throws CairnError `wire-bounds` for one that is too long, `wire-type` if bytes come instead, or that with which the
   * channel ended
   */
  async receiveText(maxLength = CONTROL): Promise<string> {
    return (await this.#next('text', maxLength)) as string;
  }

  /** Resolves when the channel has ended; with a time in milliseconds, at the latest then. */
  ended(timeoutMs?: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed !== undefined) {
        resolve();
        return;
      }
      const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
      this.#onEnd.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Ends the channel: a reader that waits gets `error`, the other side its code. Closing twice is harmless. */
  close(error?: CairnError): void {
    if (this.#closed !== undefined) return;
    this.#end(error ?? new CairnError('session-closed', 'this side has ended the session'));
    if (error === undefined) this.#socket.close(1000);
    else this.#socket.close(4000, error.code);
  }

  #speak(bytes: number): void {
    if (this.#closed !== undefined) throw this.#closed;
    this.#sentBytes += bytes;
    if (!this.#speaking) this.#turns++;
    this.#speaking = true;
  }

  #next(kind: Waiting['kind'], length: number): Promise<Uint8Array | string> {
    return new Promise((resolve, reject) => {
      if (this.#waiting !== undefined) {
        reject(new CairnError('internal', 'two messages of a channel are waited for at once'));
        return;
      }
      this.#waiting = { kind, length, resolve, reject };
      this.#serve();
    });
  }

  /** Gives what has arrived to the reader that waits. */
  #serve(): void {
    while (this.#waiting !== undefined) {
      const first = this.#arrived.shift();
      if (first === undefined) {
        if (this.#closed !== undefined) this.#refuse(this.#closed);
        else this.#resume();
        return;
      }
      this.#unread -= first.length + KEEPING;
      this.#give(first);
    }
  }

  #give(piece: Uint8Array | string): void {
    const { kind, length, resolve } = this.#waiting!;
    if (typeof piece === 'string') {
      if (kind !== 'text') this.#fail('wire-type', 'a text came where the bytes of a computation were expected');
      else if (piece.length > length) this.#fail('wire-bounds', `a text has more than ${length} characters`);
      else this.#done(piece, resolve);
      return;
    }
    if (kind !== 'bytes') {
      this.#fail('wire-type', 'bytes of a computation came where a text was expected');
      return;
    }
    if (piece.length === length && this.#filling === undefined) {
      this.#done(piece, resolve);
      return;
    }
    if (this.#filled + piece.length > length || piece.length === 0) {
      this.#fail(
        'wire-bounds',
        `a message of ${length} bytes was expected, and at least ${this.#filled + piece.length} came`,
      );
      return;
    }
    const filling = (this.#filling ??= new Uint8Array(length));
    filling.set(piece, this.#filled);
    this.#filled += piece.length;
    if (this.#filled < length) return;
    this.#filling = undefined;
    this.#filled = 0;
    this.#done(filling, resolve);
  }

  #done(value: Uint8Array | string, resolve: Waiting['resolve']): void {
    this.#receivedBytes += value.length;
    this.#speaking = false;
    this.#waiting = undefined;
    resolve(value);
  }

  #fail(code: 'wire-type' | 'wire-bounds', message: string): void {
    const error = new CairnError(code, message);
    const waiting = this.#waiting;
    this.close(error);
    this.#waiting = undefined;
    waiting?.reject(error);
  }

  #refuse(error: CairnError): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
  }

  #take(data: unknown): void {
    if (this.#closed !== undefined) return;
    const piece = typeof data === 'string' ? data : data instanceof ArrayBuffer ? new Uint8Array(data) : undefined;
    if (piece === undefined) {
      this.close(new CairnError('wire-type', 'a message is neither bytes nor text'));
      return;
    }
    this.#arrived.push(piece);
    this.#unread += piece.length + KEEPING;
    if (this.#waiting !== undefined) this.#serve();
    else if (this.#unread > UNREAD) this.#pause();
  }

  #pause(): void {
    if (this.#paused || this.#socket.pause === undefined) return;
    this.#paused = true;
    this.#socket.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume?.();
  }

  #end(error: CairnError): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    for (const told of this.#onEnd.splice(0)) told();
    // What has arrived completely may still be read: the other side sends its last message and closes.
    if (this.#waiting !== undefined) this.#serve();
  }
}

/** What a closed connection means. */
function closing(code: number, reason: string): CairnError {
  if (code === 4000) {
    if (!isErrorCode(reason)) return new CairnError('inference-ended', 'the other side ended the session');
    return new CairnError(reason, `the other side refused: ${ERROR_CODES[reason].meaning}`);
  }
  if (code === 1000) {
    return new CairnError('session-closed', 'the other side has ended the session', {
      hint: 'it was stopped, or it left: ask again once it is there',
    });
  }
  return new CairnError('inference-ended', `the connection to the other side was lost (${code})`);
}
