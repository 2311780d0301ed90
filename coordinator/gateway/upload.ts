import { equalBytes } from '../../protocol/crypto/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { HEADER_LENGTH, type Message, type MessageHeader, type Part } from '../../protocol/wire/index.ts';
import type { Buffers } from './buffers.ts';
import type { Claimant, Slots } from './slots.ts';

/** Options for creating an upload. */
export interface UploadOptions {
  readonly slots: Slots;
  readonly buffers: Buffers;
  /** Milliseconds within which the next part must come. */
  readonly stallMs: number;
  /** Bytes per second that the upload must keep up overall, apart from one stall. */
  readonly minBytesPerSecond: number;
  /** Milliseconds for which it may hold its slot while others wait for one, if it has held it for `heldMs`. */
  readonly turnMs: (heldMs: number) => number;
  /** How often its member had to make room in this round. */
  readonly yields: number;
  /** Called when it has had to make room. */
  readonly yielded: () => void;
  /** Milliseconds left for the whole message. */
  readonly timeLeft: () => number;
  /** Why the message would be refused now, judged by its header; undefined if it would be inspected. */
  readonly refusal: () => CairnError | undefined;
  /** Answers the first part, once: when there is room, or with the reason why there will be none. */
  readonly answer: AnswerPart;
}

/**
 * Answers a part.
 * @param refusal why it is refused; undefined if it is accepted
 * @param next for a first part that resumes a partly received message: the offset of the next part
 */
export type AnswerPart = (refusal?: CairnError, next?: number) => void;

/**
 * One long message in transit, from its first part to its last. It allocates nothing before it has a slot; the round is
 * asked again with every part, so that no client sends a whole message only to have it refused. It ends with its last
 * part, a part out of place, a client that stalls, or from outside; then its memory and its slot are freed.
 *
 * It outlives its connection: a client that comes back in time continues where it was. Nothing else differs for one
 * that is away: both its timers keep running, so that no client holds memory for longer by hanging up.
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
   * @param header the message's, which the part contains
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

  /**
   * Its connection has ended. If it was waiting for room, it ends; what has come is kept, for no longer than before.
   */
  disconnected(): void {
    if (this.#state === 'waiting') this.end(interrupted('the connection ended'));
  }

  /**
   * Takes the first part again, over another connection or the same one.
   * @param answer answers this part
   * @returns whether it is this same message and part of it has been received; otherwise nothing was done
   * @throws CairnError the round's reason for refusing the message; the upload has ended then
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
   * @returns the whole message after the last part, which its reader owns until {@link end}; undefined before
   * @throws CairnError `upload-interrupted` if the upload has ended, `wire-bounds` for a part out of place, and the
   * round's reason for refusing the message; the upload has ended then
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

  /** Discards what has been received. Answers the first part if it is still waiting. May be called twice. */
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

  /** @throws CairnError why the part, or the message, is refused now; the upload has ended then */
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
    if (total !== this.#total) throw outOfPlace(`its total is ${total} bytes, the first part’s was ${this.#total}`);
    if (offset !== this.#filled) throw outOfPlace(`it begins at offset ${offset}, the next part at ${this.#filled}`);
    if (suite !== this.#header.suite || !equalBytes(context, this.#header.context)) {
      throw new CairnError('session-mismatch', 'part: suite and context must be those of the first part');
    }
    if (!equalBytes(id, this.#id)) throw outOfPlace('its id differs from the first part’s');
  }

  #stopTimers(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#wholeTimer);
  }

  #expectWhole(): void {
    const { stallMs, minBytesPerSecond, timeLeft } = this.#options;
    // A message that comes after its state's deadline is refused anyway.
    const ms = Math.min(Math.ceil(stallMs + (1000 * this.#total) / minBytesPerSecond), timeLeft());
    this.#wholeTimer = setTimeout(() => this.end(interrupted(`the whole message did not come within ${ms} ms`)), ms);
  }

  #expectNext(): void {
    const { stallMs } = this.#options;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(interrupted(`no part came within ${stallMs} ms`)), stallMs);
  }
}

/** The error for a part or an upload that has to begin again. */
export const interrupted = (why: string): CairnError => new CairnError('upload-interrupted', `part: ${why}`);

const outOfPlace = (what: string): CairnError => new CairnError('wire-bounds', `part: ${what}`);
