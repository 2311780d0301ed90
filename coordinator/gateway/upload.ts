import { equalBytes } from '../../protocol/crypto/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { HEADER_LENGTH, type Message, type MessageHeader, type Part } from '../../protocol/wire/index.ts';
import type { Buffers } from './buffers.ts';
import type { Claimant, Slots } from './slots.ts';

/** What an upload is made with. */
export interface UploadOptions {
  readonly slots: Slots;
  readonly buffers: Buffers;
  /** Milliseconds within which the next part must come. */
  readonly stallMs: number;
  /** Bytes per second that the upload must keep as a whole, beside one stall. */
  readonly minBytesPerSecond: number;
  /** Milliseconds for which it may hold its slot while others wait for one, where it has held it for so many. */
  readonly turnMs: (heldMs: number) => number;
  /** How often its member had to make room in this round. */
  readonly yields: number;
  /** It has had to make room. */
  readonly yielded: () => void;
  /** Milliseconds that are left for the message at all. */
  readonly timeLeft: () => number;
  /** Why the message would be refused at present, by its header; undefined if it would be inspected. */
  readonly refusal: () => CairnError | undefined;
  /** Answers the first part, once: when there is room, or with why there will be none. */
  readonly answer: AnswerPart;
}

/**
 * Answers a part.
 * @param refusal why it is refused; undefined where it is taken
 * @param next of a first part that goes on with what has come of its message: the offset of the next one
 */
export type AnswerPart = (refusal?: CairnError, next?: number) => void;

/**
 * One long message on its way, from its first part to its last. It waits for a slot and allocates nothing before; the
 * round is asked again with every part, so that nobody sends to the end what is refused then. It ends with its last
 * part, a part out of place, a client that stalls, or from outside; then its memory and its slot are free.
 *
 * It outlives its connection: a client that comes back in time goes on where it was. Nothing else is different for who is
 * away: the time until the next part and that for the whole go on, so that nobody holds memory for longer by hanging up.
 */
export class Upload implements Claimant {
  readonly #options: UploadOptions;
  readonly #header: MessageHeader;
  /** The header's bytes. */
  readonly #first: Uint8Array;
  readonly #id: Uint8Array;
  readonly #total: number;
  #bytes: Uint8Array | undefined;
  #filled = HEADER_LENGTH;
  #timer: NodeJS.Timeout | undefined;
  #wholeTimer: NodeJS.Timeout | undefined;
  #grantedAt = 0;
  #state: 'waiting' | 'assembling' | 'ended' = 'waiting';

  /**
   * @param first the part at offset 0
   * @param header that of the message, which the part holds
   */
  constructor(first: Part, header: MessageHeader, options: UploadOptions) {
    this.#options = options;
    this.#header = header;
    this.#first = first.bytes.slice();
    this.#id = first.id.slice();
    this.#total = first.total;
  }

  /** Bytes of the whole message. */
  get total(): number {
    return this.#total;
  }

  /** Asks for a slot. */
  begin(): void {
    this.#options.slots.request(this);
  }

  get yields(): number {
    return this.#options.yields;
  }

  get turnLeft(): number {
    return this.#options.turnMs(this.#heldMs) - this.#heldMs;
  }

  get pace(): number {
    return this.#filled / Math.max(1, this.#heldMs);
  }

  get #heldMs(): number {
    return performance.now() - this.#grantedAt;
  }

  makeRoom(): void {
    this.#options.yielded();
    this.end(interrupted('it was slow, and others waited for its place'));
  }

  /** Its connection has ended. Who waited for room waits no more; what has come is kept, for as long as it would be. */
  disconnected(): void {
    if (this.#state === 'waiting') this.end(interrupted('the connection ended'));
  }

  /**
   * Takes the first part again, over another connection or the same one.
   * @param answer answers this part
   * @returns whether it is this very message, and what has come of it is there; otherwise nothing was done
   * @throws CairnError what the round would refuse the message for; the upload has ended then
   */
  resume({ id, total, bytes }: Part, answer: AnswerPart): boolean {
    const own = total === this.#total && equalBytes(id, this.#id) && equalBytes(bytes, this.#first);
    if (!own || this.#state !== 'assembling') return false;
    this.#assertWanted();
    if (this.#filled > HEADER_LENGTH) answer(undefined, this.#filled);
    else answer();
    return true;
  }

  granted(): void {
    try {
      const refusal = this.#options.refusal();
      if (refusal !== undefined) throw refusal;
      this.#bytes = this.#options.buffers.take(this.#total);
      this.#bytes.set(this.#first);
      this.#state = 'assembling';
      this.#grantedAt = performance.now();
      this.#expectNext();
      this.#expectWhole();
      this.#options.answer();
    } catch (thrown) {
      this.end(asCairnError(thrown));
    }
  }

  /**
   * Takes the next part.
   * @returns the whole message with the last one, which is its reader's until {@link end}; undefined before
   * @throws CairnError `upload-interrupted` where the upload has ended, `wire-bounds` for a part out of place, and what
   * the round would refuse the message for; the upload has ended then
   */
  add(part: Part): Message | undefined {
    if (this.#state === 'ended') throw interrupted('the upload that it belongs to has ended');
    this.#assertWanted(part);
    this.#bytes!.set(part.bytes, part.offset);
    this.#filled += part.bytes.length;
    if (this.#filled < this.#total) {
      this.#expectNext();
      return undefined;
    }
    this.#stopTimers();
    return { ...this.#header, bytes: this.#bytes! };
  }

  /** Gives up whatever has come. The first part is answered if it still waits. May be called twice. */
  end(reason: CairnError): void {
    if (this.#state === 'ended') return;
    const { slots, buffers, answer } = this.#options;
    const waited = this.#state === 'waiting';
    this.#state = 'ended';
    if (this.#bytes !== undefined) buffers.giveBack(this.#bytes);
    this.#bytes = undefined;
    this.#stopTimers();
    if (waited) answer(reason);
    slots.giveBack(this);
    if (slots.held === 0) buffers.clear();
  }

  /** @throws CairnError why the part, or the message, is refused at present; the upload has ended then */
  #assertWanted(next?: Part): void {
    try {
      if (next !== undefined) this.#assertNext(next);
      const refusal = this.#options.refusal();
      if (refusal !== undefined) throw refusal;
    } catch (thrown) {
      const error = asCairnError(thrown);
      this.end(error);
      throw error;
    }
  }

  /** @throws CairnError `wire-bounds`, `session-mismatch` */
  #assertNext({ total, offset, context, suite, id }: Part): void {
    if (this.#state === 'waiting') throw outOfPlace(`offset ${offset} came before the first part was answered`);
    if (total !== this.#total) throw outOfPlace(`it is of ${total} bytes in all, the first was of ${this.#total}`);
    if (offset !== this.#filled) throw outOfPlace(`it begins at offset ${offset}, the next one at ${this.#filled}`);
    if (suite !== this.#header.suite || !equalBytes(context, this.#header.context)) {
      throw new CairnError('session-mismatch', 'part: suite and context must be those of the first');
    }
    if (!equalBytes(id, this.#id)) throw outOfPlace('it has another id than the first');
  }

  #stopTimers(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#wholeTimer);
  }

  #expectWhole(): void {
    const { stallMs, minBytesPerSecond, timeLeft } = this.#options;
    // What comes after its state's deadline is refused anyhow.
    const ms = Math.min(Math.ceil(stallMs + (1000 * this.#total) / minBytesPerSecond), timeLeft());
    this.#wholeTimer = setTimeout(() => this.end(interrupted(`it did not come whole within ${ms} ms`)), ms);
  }

  #expectNext(): void {
    const { stallMs } = this.#options;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(interrupted(`no part came within ${stallMs} ms`)), stallMs);
  }
}

/** A part, or an upload, that has to begin again. */
export const interrupted = (why: string): CairnError => new CairnError('upload-interrupted', `part: ${why}`);

const outOfPlace = (what: string): CairnError => new CairnError('wire-bounds', `part: ${what}`);
