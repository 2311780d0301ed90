import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { Message, TaskNewsFields } from '../../protocol/wire/index.ts';
import type { SendQuota } from '../limits/send-quota.ts';
import type { MakeMessage, RoundHandle, RoundListener, SendOptions, Verdict } from '../rounds/seat-hub.ts';
import type { Upload } from './upload.ts';

/** A connection, as a seat sees it. */
export interface Link {
  send(bytes: Uint8Array): void;
  /** Sends news, which belong to the connection and to no round. */
  tell(news: TaskNewsFields): void;
  /** Tells the peer why, and ends the connection. */
  end(error: CairnError): void;
}

/** The round that a member takes part in, as its seat sees it. */
export interface SeatedRound extends RoundListener {
  readonly handle: RoundHandle;
}

/** Who takes a seat. */
export interface SeatHolder {
  readonly kind: 'member' | 'guest';
  readonly member: MemberId;
  /** What a guest calls itself; members have their name in the directory. */
  readonly name?: string;
  /** Tasks it offers itself for; none means all. */
  readonly tasks: readonly string[];
  /** What a guest shows to take its seat again; empty for members. */
  readonly token: Uint8Array;
  /** What it may send. */
  readonly purse: SendQuota;
}

const roundEnded = (): CairnError => new CairnError('session-closed', 'the round has ended');

/**
 * One member's seat. It outlives its connection for a while, and remembers what the member has not answered yet: on a
 * new connection that is sent again, so that a message lost on the way costs nobody a place. In this protocol a member
 * gets its next message only after it has answered the last, so that is one message, or two at the end of a round.
 */
export class Seat {
  readonly member: MemberId;
  readonly kind: SeatHolder['kind'];
  readonly token: Uint8Array;
  readonly purse: SendQuota;
  /** The round it takes part in; none while it is idle. */
  place: SeatedRound | undefined;
  /** The last long message that it began to send. */
  upload: Upload | undefined;
  /** How often it has had to make room for others with a long message of its round. */
  yields = 0;
  #tasks: readonly string[];
  #link: Link | undefined;
  #unanswered: MakeMessage[] = [];

  constructor({ member, kind, token, tasks, purse }: SeatHolder) {
    this.member = member;
    this.kind = kind;
    this.token = token;
    this.purse = purse;
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

  /** Puts a connection on the seat; `greet` is sent first, then what has not been answered. @returns the one before */
  attach(link: Link, tasks: readonly string[], greet: () => void): Link | undefined {
    const before = this.#link;
    this.upload?.disconnected();
    this.#link = link;
    this.#tasks = tasks;
    greet();
    for (const message of this.#unanswered) this.#pass(message, link);
    return before;
  }

  /** Its connection has ended. What has come of a long message waits for the next one. @returns that connection */
  detach(): Link | undefined {
    const before = this.#link;
    this.upload?.disconnected();
    this.#link = undefined;
    return before;
  }

  /** Takes part in a round. What belonged to the round before needs no answer any more. */
  assign(place: SeatedRound): void {
    this.#endUpload(roundEnded());
    this.purse.fill();
    this.yields = 0;
    this.place = place;
    this.#unanswered = [];
  }

  /**
   * Takes part in no round any more. The last message, which says how the round ended, is kept until the next one begins:
   * who is cut off at that moment gets it when it is back, and who has it knows the round no more.
   */
  release(): void {
    this.#endUpload(roundEnded());
    this.place = undefined;
    this.#unanswered = this.#unanswered.slice(-1);
  }

  /** Sends a message: now, if it is connected, and again whenever it comes back without having answered. */
  send(message: MakeMessage, { last = false, from }: SendOptions = {}): void {
    const elsewhere = this.place !== undefined && from !== undefined && this.place.handle !== from;
    if (last && !elsewhere) this.#unanswered = [];
    this.#unanswered.push(message);
    if (this.#link !== undefined) this.#pass(message, this.#link);
  }

  /** Sends news, if it is connected: who comes back is told what is true then. */
  tell(news: TaskNewsFields): void {
    this.#link?.tell(news);
  }

  /** Hands a message to the round. @returns why it was refused; `undefined` if it was taken or there is no round */
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
