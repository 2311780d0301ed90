import { CairnError } from '../../protocol/errors.ts';
import { decodeHeader, type Message, type Part } from '../../protocol/wire/index.ts';
import { Buffers } from './buffers.ts';
import type { SeatedRound, Seat } from './seat.ts';
import { Slots } from './slots.ts';
import { type AnswerPart, interrupted, Upload } from './upload.ts';

/** How many long messages are assembled at a time, and how patiently. */
export interface UploadLimits {
  /** Messages that are assembled at a time, over all members and tasks. */
  readonly most: number;
  /** Milliseconds within which the next part of a message must come. */
  readonly stallMs: number;
  /** Bytes per second that a message must keep as a whole. */
  readonly minBytesPerSecond: number;
}

/** An upload that is so many times as fast as it must be is never told to make room. */
const BRISK = 8;

/** Part of its state's time that a turn has at least: where there is no time for all, some are to end. */
const MIN_TURN = 1 / 3;

/** Long messages on their way to their rounds, a few at a time; one for each seat. */
export class Uploads {
  readonly #slots: Slots;
  readonly #buffers = new Buffers();
  readonly #limits: UploadLimits;

  constructor(limits: UploadLimits) {
    this.#slots = new Slots(limits.most);
    this.#limits = limits;
  }

  /**
   * Takes one part from a member in a round.
   * @param answer called once: when the part is taken (the first one: when there is room for the rest, or with the offset
   * of the next part where some of the message is there already), or with why the first one is refused after all
   * @returns the whole message when its last part has come; `answer` is the caller's then, and so is ending the upload
   * @throws CairnError the reason why the part is refused; `answer` is not called then
   */
  take(seat: Seat, place: SeatedRound, part: Part, answer: AnswerPart): Message | undefined {
    if (part.offset === 0) {
      if (seat.upload?.resume(part, answer) !== true) this.#begin(seat, place, part, answer);
      return undefined;
    }
    if (seat.upload === undefined) throw interrupted('there is no upload that it continues');
    const whole = seat.upload.add(part);
    if (whole === undefined) answer();
    return whole;
  }

  #begin(seat: Seat, place: SeatedRound, first: Part, answer: AnswerPart): void {
    seat.upload?.end(interrupted('the upload was begun again'));
    if (first.total > place.handle.largest) {
      throw new CairnError(
        'wire-bounds',
        `part: a message of ${first.total} bytes was announced, the round’s largest has ${place.handle.largest}`,
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
   * How long a message may hold its slot while others wait: its fair part of the time that its state had left, or what it
   * takes at a brisk rate where that is longer, so that a crowd does not make everybody begin again. Who had to make room
   * before comes after all who had not, and has twice the time each time: two that are slow take turns that grow, and one
   * of them comes to its end.
   */
  #turnOf({ yields }: Seat, place: SeatedRound, total: number, heldMs: number): number {
    const { most, minBytesPerSecond } = this.#limits;
    const claimants = this.#slots.claimants(yields);
    const whole = heldMs + place.timeLeft();
    const fair = whole * Math.max(MIN_TURN, Math.min(most, claimants) / claimants);
    return Math.max(fair, (1000 * total) / (BRISK * minBytesPerSecond)) * 2 ** yields;
  }
}
