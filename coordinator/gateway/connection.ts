import type { Socket } from 'socket.io';
import { DEFAULT_SUITE, type RandomSource, SIZES } from '../../protocol/crypto/index.ts';
import { asCairnError, CairnError, type ErrorCode } from '../../protocol/errors.ts';
import {
  decodeHello,
  decodePart,
  encodeAbort,
  encodeChallenge,
  encodeResume,
  encodeTaskNews,
  encodeWelcome,
  type Header,
  type Hello,
  type Message,
  PART_LENGTH,
  receiveMessage,
  type TaskNewsFields,
} from '../../protocol/wire/index.ts';
import type { LocalEnd } from '../addresses.ts';
import type { Connected } from '../limits/admission-control.ts';
import type { SendQuota } from '../limits/send-quota.ts';
import type { Link, Seat, SeatedRound } from './seat.ts';
import type { Verdict } from '../rounds/seat-hub.ts';
import type { AnswerPart } from './upload.ts';
import type { Uploads } from './uploads.ts';

/** The one event name of the protocol, in both directions. */
export const EVENT_NAME = 'cairn';

/** Milliseconds that a peer has to answer the closing handshake. */
const CLOSING_MS = 2000;

/** A Hello, and what is needed to judge it. */
export interface Arrival {
  readonly challenge: Uint8Array;
  readonly hello: Hello;
  /** The coordinator's end of the connection. */
  readonly end: LocalEnd;
}

/** What a connection needs from its gateway. */
export interface ConnectionHost {
  readonly random: RandomSource;
  readonly helloTimeoutMs: number;
  readonly uploads: Uploads;
  /** Judges a Hello and gives the connection a seat; calls `greet` before anything else is sent. @throws CairnError */
  admit(arrival: Arrival, link: Link, greet: (seat: Seat) => void): Seat;
  /** The connection of a seat has ended. */
  lost(seat: Seat, link: Link, final: boolean): void;
  /** How much a connection may send before it has a seat. */
  unauthenticatedQuota(): SendQuota;
  /** A connection has its seat: its socket is no longer unauthenticated. */
  markAuthenticated(socket: Connected): void;
  /** A member has sent more than it may: it loses seat and round. */
  evictForFlooding(seat: Seat, error: CairnError): void;
  /** A connection, or a message of a seated member, was refused. */
  refused(what: 'connection' | 'message', code: ErrorCode, seat: Seat | undefined): void;
  taken(bytes: number, seat: Seat): void;
}

type Acknowledge = (answer?: Uint8Array) => void;

/**
 * A view as a plain Uint8Array: Node's Buffer has a `slice` that does not copy, although the protocol's decoders expect
 * a copy that outlives the message. Undefined for anything else.
 */
function plainBytes(payload: unknown): Uint8Array | undefined {
  if (!ArrayBuffer.isView(payload)) return undefined;
  return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
}

/** There is one way to send a message, and a long one is not delivered until there is room for it. */
function tooLong({ name, bytes: { length } }: Message): CairnError | undefined {
  if (length <= PART_LENGTH) return undefined;
  return new CairnError('wire-bounds', `${name}: a message of ${length} bytes must come in parts`);
}

/** Answers once a message has been judged: at once if its round is in this process. */
function whenJudged(verdict: Verdict, answer: (refusal: CairnError | undefined) => void): void {
  if (verdict instanceof Promise) void verdict.catch(asCairnError).then(answer);
  else answer(verdict);
}

/** A frame's length in bytes. */
function lengthOf(data: unknown): number {
  if (typeof data === 'string') return Buffer.byteLength(data);
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer ? data.byteLength : 0;
}

/**
 * One socket, from challenge to end. No message is accepted before a valid Hello; after it, each is acknowledged: with
 * nothing if it was accepted, with an Abort if it was refused. Nothing that a peer sends makes this throw.
 */
export class MemberConnection implements Link {
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #challenge: Uint8Array;
  readonly #helloTimer: NodeJS.Timeout;
  #quota: SendQuota;
  #over = false;
  #seat: Seat | undefined;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.#challenge = host.random(SIZES.challenge);
    this.#quota = host.unauthenticatedQuota();
    this.#helloTimer = setTimeout(() => {
      this.#refuse(new CairnError('deadline-missed', `no Hello came within ${host.helloTimeoutMs} ms`));
    }, host.helloTimeoutMs);
    // Every packet counts, even one that is not a message of this protocol.
    socket.conn.on('packet', ({ data }: { readonly data?: unknown }) => this.#pay(data));
    // Any event name: a peer that misspells it is told so, instead of waiting for an answer.
    socket.onAny((name: unknown, ...args: unknown[]) => this.#received(name, args));
    socket.on('disconnect', (reason) => this.#ended(reason === 'client namespace disconnect'));
    this.send(encodeChallenge(this.#header));
  }

  send(bytes: Uint8Array): void {
    this.#socket.emit(EVENT_NAME, bytes);
  }

  tell(news: TaskNewsFields): void {
    this.send(encodeTaskNews({ ...this.#header, ...news }));
  }

  end(error: CairnError): void {
    this.#over = true;
    clearTimeout(this.#helloTimer);
    this.send(encodeAbort(this.#header, error));
    this.#socket.disconnect(true);
    const { socket } = this.#socket.request;
    const impatience = setTimeout(() => socket.destroy(), CLOSING_MS);
    socket.once('close', () => clearTimeout(impatience));
  }

  get #header(): Header {
    return { suite: DEFAULT_SUITE, context: this.#challenge };
  }

  /** Charges a packet to the quota; a peer that exceeds it is disconnected or evicted. */
  #pay(data: unknown): void {
    if (this.#over || this.#quota.pay(lengthOf(data))) return;
    const error = new CairnError('rate-limited', 'the client sent more messages than the protocol requires');
    const seat = this.#seat;
    if (seat?.heldBy(this) !== true) {
      this.#refuse(error);
      return;
    }
    this.#host.refused('message', error.code, seat);
    this.#host.evictForFlooding(seat, error);
  }

  #received(name: unknown, args: readonly unknown[]): void {
    if (this.#over) return;
    const last = args.at(-1);
    const acknowledge: Acknowledge = typeof last === 'function' ? (last as Acknowledge) : () => undefined;
    const payload = typeof last === 'function' ? args.slice(0, -1) : args;
    try {
      const bytes = plainBytes(payload[0]);
      if (name !== EVENT_NAME || bytes === undefined || payload.length !== 1) {
        throw new CairnError('wire-type', `a message is exactly one Uint8Array, in an event named "${EVENT_NAME}"`);
      }
      const message = receiveMessage(bytes);
      if (this.#seat === undefined) this.#greeted(message, acknowledge);
      else this.#message(this.#seat, message, acknowledge);
    } catch (thrown) {
      const error = asCairnError(thrown);
      acknowledge(encodeAbort(this.#header, error));
      if (this.#seat === undefined) this.#refuse(error);
      else this.#host.refused('message', error.code, this.#seat);
    }
  }

  #greeted(message: Message, acknowledge: Acknowledge): void {
    const hello = decodeHello(message);
    const end = this.#socket.request.socket;
    this.#host.admit({ challenge: this.#challenge, hello, end }, this, (seat) => {
      clearTimeout(this.#helloTimer);
      this.#seat = seat;
      this.#quota = seat.quota;
      this.#host.markAuthenticated(this.#socket.request.socket);
      acknowledge();
      this.send(encodeWelcome({ ...this.#header, member: seat.member, token: seat.token }));
    });
  }

  #message(seat: Seat, message: Message, acknowledge: Acknowledge): void {
    const { place } = seat;
    // In the sender's own suite: it refuses messages in another, and its round may use any.
    const { name, suite } = message;
    const context = message.context.slice();
    if (place === undefined) {
      this.#host.refused('message', 'member-unknown', seat);
      const error = new CairnError('member-unknown', `received ${name} from a member that is not in a round`);
      acknowledge(encodeAbort({ suite, context }, error));
      return;
    }
    const answer: AnswerPart = (refusal, next) => {
      if (refusal === undefined) {
        if (next === undefined) acknowledge();
        else acknowledge(encodeResume({ suite, context, offset: next }));
        return;
      }
      this.#host.refused('message', refusal.code, seat);
      acknowledge(encodeAbort({ suite, context: place.handle.context }, refusal));
    };
    if (name === 'part') this.#part(seat, place, message, answer);
    else whenJudged(tooLong(message) ?? this.#deliver(seat, message), answer);
  }

  /** One part; after the last one the message is handled as if it had come whole. */
  #part(seat: Seat, place: SeatedRound, part: Message, answer: AnswerPart): void {
    let whole: Message | undefined;
    try {
      whole = this.#host.uploads.take(seat, place, decodePart(part), answer);
    } catch (thrown) {
      answer(asCairnError(thrown));
    }
    if (whole === undefined) return;
    const { upload } = seat;
    try {
      whenJudged(this.#deliver(seat, whole), answer);
    } finally {
      // Not before: its memory is the round's until then.
      upload?.end(new CairnError('upload-interrupted', 'part: the upload is complete'));
    }
  }

  #deliver(seat: Seat, message: Message): Verdict {
    const { length } = message.bytes;
    const verdict = seat.receive(message);
    const judged = (refusal: CairnError | undefined): CairnError | undefined => {
      if (refusal === undefined) this.#host.taken(length, seat);
      return refusal;
    };
    return verdict instanceof Promise ? verdict.then(judged) : judged(verdict);
  }

  #refuse(error: CairnError): void {
    this.#host.refused('connection', error.code, undefined);
    this.end(error);
  }

  #ended(final: boolean): void {
    clearTimeout(this.#helloTimer);
    if (this.#seat !== undefined) this.#host.lost(this.#seat, this, final);
  }
}
