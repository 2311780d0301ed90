import { equalBytes, type KeyPair, type Primitives, systemRandom } from '../../protocol/crypto/index.ts';
import { asCairnError, CairnError, isErrorCode } from '../../protocol/errors.ts';
import { memberId, type MemberId } from '../../protocol/ids.ts';
import {
  type Abort,
  type Challenge,
  decodeAbort,
  decodeChallenge,
  decodeTaskNews,
  decodeWelcome,
  encodeHello,
  type Hello,
  helloTranscript,
  type Message,
  receiveMessage,
  type TaskNews,
} from '../../protocol/wire/index.ts';
import { apiUrl } from './address.ts';
import type { Diagnosis } from './diagnosis.ts';
import { Inquiry } from './inquiry.ts';
import { SendQueue } from './send-queue.ts';
import type { Address, OpenTransport, Pace, Transport } from './transport.ts';
import { Upload } from './upload.ts';

/** The identity that a connection speaks for. */
type Speaker =
  | { readonly kind: 'member'; readonly member: number; readonly keys: KeyPair }
  | { readonly kind: 'guest'; readonly name: string };

/** Options for creating a connection. */
export interface ConnectionOptions {
  readonly address: Address;
  readonly primitives: Primitives;
  readonly speaker: Speaker;
  readonly tasks: readonly string[];
  readonly open: OpenTransport;
  readonly pace: Pace;
  /** Milliseconds until the first seat; without one by then the connection fails. */
  readonly connectTimeoutMs: number;
}

/** Callbacks of a connection. */
export interface ConnectionEvents {
  /** The client has its seat. `renewed`: the coordinator did not remember the previous connection. */
  readonly seated: (member: MemberId, renewed: boolean) => void;
  /** A message about a round. */
  readonly message: (message: Message) => void;
  /** A message that cannot be read, or does not belong on this connection. */
  readonly unreadable: (error: CairnError) => void;
  /** A task's state, as reported by the coordinator. */
  readonly news: (news: TaskNews) => void;
  readonly lost: (reason: string) => void;
  /** The connection is over: the coordinator was never reached, or refused this client. Nothing follows. */
  readonly failed: (error: CairnError) => void;
}

/**
 * A seat at the coordinator: it answers the challenge, keeps its seat when connections are lost, and delivers messages
 * although connections break.
 */
export class CoordinatorConnection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #transport: Transport;
  readonly #outbox: SendQueue;
  readonly #inquiry: Inquiry;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Ends an open connection on which no seat is given. */
  #greeting: ReturnType<typeof setTimeout> | undefined;
  #challenge: Uint8Array | undefined;
  #member: MemberId | undefined;
  #token: Uint8Array = new Uint8Array();
  #recovered = false;
  #seated = false;
  #over = false;
  #lastFailure = 'no answer';
  /** Whether the coordinator itself has said why, or another connection was open: then there is nothing to find out. */
  #told = false;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    const send: Transport['send'] = (bytes, patience) => this.#transport.send(bytes, patience);
    this.#outbox = new SendQueue((bytes) => new Upload(send, bytes, systemRandom));
    this.#inquiry = new Inquiry(options.address);
    this.#timer = setTimeout(() => void this.#unreachable(), options.connectTimeoutMs);
    this.#transport = options.open(
      options.address,
      {
        opened: (recovered) => this.#opened(recovered),
        message: (bytes) => this.#received(bytes),
        lost: (reason) => this.#lost(reason),
        failed: (reason, told) => this.#failed(reason, told),
      },
      options.pace,
    );
  }

  /** Whether the client has its seat and is connected. */
  get seated(): boolean {
    return this.#seated;
  }

  /**
   * Delivers a message about a round, over as many connections as that takes.
   * @returns the Abort's bytes if the coordinator refused it, undefined if it accepted it
   * @throws CairnError `unreachable`, `session-closed`
   */
  send(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#outbox.add(bytes);
  }

  /** From now on no pause before an attempt to connect is longer, apart from jitter. */
  pauseAtMost(ms: number): void {
    this.#transport.pauseAtMost(ms);
  }

  /** Ends the connection. Undelivered messages are given up. */
  close(): void {
    this.#over = true;
    this.#seated = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#greeting);
    this.#inquiry.end();
    this.#outbox.close();
    this.#transport.close();
  }

  #opened(recovered: boolean): void {
    this.#lastFailure = 'the server there does not greet as a Cairn coordinator';
    this.#told = true;
    clearTimeout(this.#greeting);
    this.#recovered = recovered && this.#member !== undefined;
    // A recovered connection still has its seat; if the coordinator challenges it nevertheless, the challenge is
    // answered.
    if (this.#recovered) this.#sit(this.#member!);
    else this.#greeting = setTimeout(() => this.#transport.restart(), this.#options.pace.ackTimeoutMs);
  }

  #lost(reason: string): void {
    this.#outbox.pause();
    clearTimeout(this.#greeting);
    this.#challenge = undefined;
    this.#lastFailure = reason;
    const before = this.#seated;
    this.#seated = false;
    if (before) this.#events.lost(reason);
  }

  #received(bytes: Uint8Array): void {
    if (this.#over) return;
    try {
      const message = receiveMessage(bytes);
      const { name } = message;
      if (name === 'challenge') this.#greet(decodeChallenge(message));
      else if (name === 'welcome') this.#welcome(message);
      else if (name === 'taskNews' && this.#member !== undefined) this.#news(decodeTaskNews(message));
      else if (name === 'abort' && this.#isMine(message)) this.#refused(decodeAbort(message));
      else this.#events.message(message);
    } catch (thrown) {
      const error = asCairnError(thrown);
      // Before there is a seat, an unreadable message means that this is no coordinator of our kind; later it is one
      // bad message.
      if (this.#member === undefined) this.#fail(error);
      else this.#events.unreadable(error);
    }
  }

  /** Whether an Abort is about the connection, and not about a round. */
  #isMine({ context }: Message): boolean {
    return !this.#seated || (this.#challenge !== undefined && equalBytes(context, this.#challenge));
  }

  #greet(challenge: Challenge): void {
    this.#outbox.pause();
    this.#seated = false;
    this.#challenge = challenge.context;
    const bytes = encodeHello({ ...challenge, who: this.#who(challenge), tasks: this.#options.tasks });
    this.#transport.send(bytes).then(
      (refusal) => {
        if (refusal !== undefined) this.#received(refusal);
      },
      // Without an answer there is no seat on this connection: the next one asks again.
      () => {
        if (this.#challenge === challenge.context && !this.#seated) this.#transport.restart();
      },
    );
  }

  #who(challenge: Challenge): Hello['who'] {
    const { speaker, primitives, tasks, address: at } = this.#options;
    if (speaker.kind === 'guest') return { kind: 'guest', name: speaker.name, token: this.#token };
    const { member } = speaker;
    const address = apiUrl(at, '');
    const signed = helloTranscript(primitives, { challenge: challenge.context, address, member, tasks });
    return {
      kind: 'member',
      member: memberId(member),
      address,
      signature: primitives.ed25519Sign(speaker.keys.secretKey.expose(), signed),
    };
  }

  #welcome(message: Message): void {
    const welcome = decodeWelcome(message);
    if (this.#challenge === undefined || !equalBytes(welcome.context, this.#challenge)) {
      throw new CairnError('session-mismatch', 'a welcome answers a different challenge');
    }
    const { speaker } = this.#options;
    if (speaker.kind === 'member' && welcome.member !== speaker.member) {
      throw new CairnError('session-mismatch', `member ${speaker.member} was welcomed as ${welcome.member}`);
    }
    this.#token = welcome.token;
    this.#sit(welcome.member);
  }

  /** News of another connection may be old: what it says about a round would be outdated. */
  #news(news: TaskNews): void {
    if (!this.#seated || this.#challenge === undefined || !equalBytes(news.context, this.#challenge)) {
      throw new CairnError('session-mismatch', 'received news that belongs to another connection');
    }
    this.#events.news(news);
  }

  #sit(member: MemberId): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#greeting);
    this.#inquiry.end();
    const renewed = this.#member !== undefined && !this.#recovered;
    this.#member = member;
    this.#seated = true;
    this.#transport.settled();
    this.#events.seated(member, renewed);
    this.#outbox.open();
  }

  #refused(abort: Abort): void {
    const code = isErrorCode(abort.code) ? abort.code : 'refused';
    // An answer that came too late, or too soon after others, says nothing about the next one; the time limit for the
    // first seat bounds how often that is retried. After a break the coordinator may still hold the seat for the dead
    // connection, or have forgotten a guest's token.
    const again = this.#member !== undefined && (code === 'seat-taken' || code === 'member-unknown');
    if (again || code === 'deadline-missed' || code === 'rate-limited') {
      if (code === 'member-unknown') this.#token = new Uint8Array();
      this.#transport.restart();
      return;
    }
    this.#fail(new CairnError(code, abort.message === '' ? 'the coordinator refused this client' : abort.message));
  }

  /**
   * A try has failed. Before the first seat the reason is investigated, and one that waiting does not cure ends the
   * attempts.
   */
  #failed(reason: string, told: boolean): void {
    this.#lastFailure = reason;
    this.#told = told;
    if (told || this.#member !== undefined) return;
    void this.#inquiry.after(reason).then((found) => {
      if (found?.final === true && this.#member === undefined) this.#fail(this.#noAnswer(found));
    });
  }

  async #unreachable(): Promise<void> {
    const found = this.#told ? undefined : await this.#inquiry.after(this.#lastFailure);
    if (this.#member === undefined) this.#fail(this.#noAnswer(found));
  }

  #noAnswer(found: Diagnosis | undefined): CairnError {
    const { address, connectTimeoutMs } = this.#options;
    if (found === undefined) {
      const text = `no coordinator answered at ${address.text} within ${connectTimeoutMs} ms: ${this.#lastFailure}`;
      return new CairnError('unreachable', text);
    }
    return new CairnError('unreachable', `cannot join at ${address.text}: ${found.cause}`, { hint: found.hint });
  }

  #fail(error: CairnError): void {
    if (this.#over) return;
    this.close();
    this.#events.failed(error);
  }
}
