import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { Message, TaskNewsFields } from '../../protocol/wire/index.ts';
import type { SendQuota } from '../limits/send-quota.ts';
import type { MakeMessage, RoundHandle, RoundListener, SendOptions, Verdict } from '../rounds/seat-hub.ts';
import type { Upload } from './upload.ts';

/** A connection, as a seat sees it. */
export interface Link {
  send(bytes: Uint8Array): void;
  /** Sends news, which belongs to the connection and not to a round. */
  tell(news: TaskNewsFields): void;
  /** Tells the peer the reason, and ends the connection. */
  end(error: CairnError): void;
}

/** The round that a member takes part in, as its seat sees it. */
export interface SeatedRound extends RoundListener {
  readonly handle: RoundHandle;
}

/** The member or guest that takes a seat. */
export interface SeatHolder {
  readonly kind: 'member' | 'guest';
  readonly member: MemberId;
  /** What a guest calls itself; members have their name in the directory. */
  readonly name?: string;
  /** Tasks that it offers to take part in; none means all. */
  readonly tasks: readonly string[];
  /** The token with which a guest takes its seat again; empty for members. */
  readonly token: Uint8Array;
  /** How much it may send. */
  readonly quota: SendQuota;
}

const roundEnded = (): CairnError => new CairnError('session-closed', 'the round has ended');

/**
 * One member's seat. It outlives its connection for a while, and remembers what the member has not answered yet: that
 * is resent on a new connection, so that no member loses its place to a lost message. In this protocol a member gets
 * its next message only after it has answered the last, so that is one message, or two at the end of a round.
 */
export class Seat {
  readonly member: MemberId;
  readonly kind: SeatHolder['kind'];
  readonly token: Uint8Array;
  readonly quota: SendQuota;
  /** The round it takes part in; undefined while it is idle. */
  place: SeatedRound | undefined;
  /** The long message that it last began to send. */
  upload: Upload | undefined;
  /** How often a long message of its round has had to make room for others. */
  yields = 0;
  #tasks: readonly string[];
  #link: Link | undefined;
  #unanswered: MakeMessage[] = [];

  constructor({ member, kind, token, tasks, quota }: SeatHolder) {
    this.member = member;
    this.kind = kind;
    this.token = token;
    this.quota = quota;
    this.#tasks = tasks;
  }

  get connected(): boolean {
    return this.#link !== undefined;
  }

  /** Whether this connection is the one that holds the seat. */
  heldBy(link: Link): boolean {
    return this.#link === link;
  }

  offersItselfFor(task: string): boolean {
    return this.#tasks.length === 0 || this.#tasks.includes(task);
  }

  /** Gives the seat a connection; `greet` is sent first, then what has not been answered. @returns the previous one */
  attach(link: Link, tasks: readonly string[], greet: () => void): Link | undefined {
    const before = this.#link;
    this.upload?.disconnected();
    this.#link = link;
    this.#tasks = tasks;
    greet();
    for (const message of this.#unanswered) this.#pass(message, link);
    return before;
  }

  /** Its connection has ended. A partly received long message is kept for the next one. @returns that connection */
  detach(): Link | undefined {
    const before = this.#link;
    this.upload?.disconnected();
    this.#link = undefined;
    return before;
  }

  /** Takes part in a round. Messages of the previous round no longer need an answer. */
  assign(place: SeatedRound): void {
    this.#endUpload(roundEnded());
    this.quota.fill();
    this.yields = 0;
    this.place = place;
    this.#unanswered = [];
  }

  /**
   * Leaves its round. The last message, which says how the round ended, is kept until the next one begins: a member
   * that is cut off at that moment gets it when it is back, and one that already has it has forgotten the round.
   */
  release(): void {
    this.#endUpload(roundEnded());
    this.place = undefined;
    this.#unanswered = this.#unanswered.slice(-1);
  }

  /** Sends a message: now, if the member is connected, and again whenever it comes back without having answered. */
  send(message: MakeMessage, { last = false, from }: SendOptions = {}): void {
    const elsewhere = this.place !== undefined && from !== undefined && this.place.handle !== from;
    if (last && !elsewhere) this.#unanswered = [];
    this.#unanswered.push(message);
    if (this.#link !== undefined) this.#pass(message, this.#link);
  }

  /** Sends news, if the member is connected: one that comes back is told what is current then. */
  tell(news: TaskNewsFields): void {
    this.#link?.tell(news);
  }

  /** Hands a message to the round. @returns why it was refused; `undefined` if it was accepted or there is no round */
  receive(message: Message): Verdict {
    const answered = new Set(this.#unanswered);
    const verdict = this.place?.message(this.member, message);
    const judged = (refusal: CairnError | undefined): CairnError | undefined => {
      if (refusal === undefined) this.#unanswered = this.#unanswered.filter((sent) => !answered.has(sent));
      return refusal;
    };
    return verdict instanceof Promise ? verdict.then(judged) : judged(verdict);
  }

  #pass(message: MakeMessage, link: Link): void {
    const bytes = message();
    link.send(bytes);
    this.place?.sent(bytes.length);
  }

  #endUpload(reason: CairnError): void {
    this.upload?.end(reason);
    this.upload = undefined;
  }
}
