import { CairnError } from '../../protocol/errors.ts';
import { decodeHeader, type Message, type Part } from '../../protocol/wire/index.ts';
import { Buffers } from './buffers.ts';
import type { SeatedRound, Seat } from './seat.ts';
import { Slots } from './slots.ts';
import { type AnswerPart, interrupted, Upload } from './upload.ts';

/** How many long messages are assembled at a time, and how slow they may be. */
export interface UploadLimits {
  /** Maximum number of messages assembled at a time, over all members and tasks. */
  readonly max: number;
  /** Milliseconds within which the next part of a message must come. */
  readonly stallMs: number;
  /** Bytes per second that a message must keep up overall. */
  readonly minBytesPerSecond: number;
}

/** An upload this many times as fast as it must be is never told to make room. */
const BRISK = 8;

/** Minimum share of its state's time that a turn gets: if there is not time for all, some must finish. */
const MIN_TURN = 1 / 3;

/** Long messages in transit to their rounds, a few at a time; one for each seat. */
export class Uploads {
  readonly #slots: Slots;
  readonly #buffers = new Buffers();
  readonly #limits: UploadLimits;

  constructor(limits: UploadLimits) {
    this.#slots = new Slots(limits.max);
    this.#limits = limits;
  }

  /**
   * Takes one part from a member in a round.
   * @param answer called once: when the part is accepted (the first: when there is room for the rest, or with the
   * offset of the next part if some of the message has already come), or with the reason why the first is refused after
   * all
   * @returns the whole message when its last part has come; the caller must then call `answer` and end the upload
   * @throws CairnError the reason why the part is refused; `answer` is not called then
   */
  take(seat: Seat, place: SeatedRound, part: Part, answer: AnswerPart): Message | undefined {
    if (part.offset === 0) {
      if (seat.upload?.resume(part, answer) !== true) this.#begin(seat, place, part, answer);
      return undefined;
    }
    if (seat.upload === undefined) throw interrupted('there is no upload for it to continue');
    const whole = seat.upload.add(part);
    if (whole === undefined) answer();
    return whole;
  }

  #begin(seat: Seat, place: SeatedRound, first: Part, answer: AnswerPart): void {
    seat.upload?.end(interrupted('the upload was started again'));
    if (first.total > place.handle.largest) {
      throw new CairnError(
        'wire-bounds',
        `part: a message of ${first.total} bytes was announced, the round’s largest is ${place.handle.largest}`,
      );
    }
    const header = decodeHeader(first.bytes.slice());
    const refusal = (): CairnError | undefined => place.refusal(seat.member, header);
    const refused = refusal();
    if (refused !== undefined) throw refused;
    const { stallMs, minBytesPerSecond } = this.#limits;
    const [slots, buffers] = [this.#slots, this.#buffers];
    seat.upload = new Upload(first, header, {
      ...{ slots, buffers, stallMs, minBytesPerSecond, refusal, answer },
      timeLeft: () => place.timeLeft(),
      turnMs: (heldMs) => this.#turnOf(seat, place, first.total, heldMs),
      yields: seat.yields,
      yielded: () => {
        seat.yields++;
      },
    });
    seat.upload.begin();
  }

  /**
   * How long a message may hold its slot while others wait: its fair part of the time that its state had left, or what
   * it takes at a brisk rate if that is longer, so that a crowd does not make every client start again. A member that
   * had to make room before comes after all that had not, with twice the time each time: two slow ones take growing
   * turns, and one of them finishes.
   */
  #turnOf({ yields }: Seat, place: SeatedRound, total: number, heldMs: number): number {
    const { max, minBytesPerSecond } = this.#limits;
    const claimants = this.#slots.claimants(yields);
    const whole = heldMs + place.timeLeft();
    const fair = whole * Math.max(MIN_TURN, Math.min(max, claimants) / claimants);
    return Math.max(fair, (1000 * total) / (BRISK * minBytesPerSecond)) * 2 ** yields;
  }
}
