import { PROTOCOL_VERSION } from '../../protocol/crypto/suite.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LIMITS } from './support/limits.ts';
import { Seat } from '../../coordinator/gateway/seat.ts';
import { Uploads } from '../../coordinator/gateway/uploads.ts';
import { AdmissionControl } from '../../coordinator/limits/admission-control.ts';
import { CairnError } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import { HEADER_LENGTH, type Message, MESSAGE_TYPES } from '../../protocol/wire/header.ts';
import { TestPlace } from './support/gateway.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const SIZE = 64 * 1024;
const PARTS = 64;
const TOTAL = HEADER_LENGTH + PARTS * SIZE;
const DEADLINE = 60_000;
const header = { suite: 1, context: new Uint8Array(32), id: new Uint8Array(16) } as const;

/** A round whose state ends a minute after it began. */
class TimedPlace extends TestPlace {
  readonly #end = performance.now() + DEADLINE;
  readonly #tells: boolean;

  /** @param tells whether it says how much time is left; one that does not takes the protection out */
  constructor(tells: boolean) {
    super();
    this.#tells = tells;
  }

  override timeLeft(): number {
    return this.#tells ? this.#end - performance.now() : 1e9;
  }
}

/** A member that sends a message of 64 parts, one each so many milliseconds, and begins again whenever it has to. */
class Sender {
  /** When its message was there, in milliseconds. */
  done: number | undefined;
  begun = 0;
  readonly #seat: Seat;
  readonly #uploads: Uploads;
  readonly #place: TestPlace;
  readonly #everyMs: number;

  constructor(member: number, uploads: Uploads, place: TestPlace, everyMs: number) {
    const id = memberId(member);
    const quota = new AdmissionControl({ ...LIMITS, trustProxy: 0 }, TOTAL).quotaOf(id);
    this.#seat = new Seat({ kind: 'member', member: id, tasks: [], token: new Uint8Array(), quota });
    this.#seat.assign(place);
    this.#uploads = uploads;
    this.#place = place;
    this.#everyMs = everyMs;
  }

  begin(): void {
    this.begun++;
    this.#send(0, (refusal) => {
      if (refusal === undefined) setTimeout(() => this.#next(0), this.#everyMs);
      else this.begin();
    });
  }

  #next(sent: number): void {
    try {
      const whole = this.#send(HEADER_LENGTH + sent * SIZE, () => undefined);
      if (whole === undefined) {
        setTimeout(() => this.#next(sent + 1), this.#everyMs);
        return;
      }
      this.done = performance.now();
      this.#seat.upload?.end(new CairnError('upload-interrupted', 'it is complete'));
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'upload-interrupted' });
      this.begin();
    }
  }

  #send(offset: number, answer: (refusal?: CairnError) => void): Message | undefined {
    const bytes = new Uint8Array(offset === 0 ? HEADER_LENGTH : SIZE);
    if (offset === 0) bytes.set([PROTOCOL_VERSION, 1, MESSAGE_TYPES.maskedInput]);
    return this.#uploads.take(this.#seat, this.#place, { ...header, total: TOTAL, offset, bytes }, answer);
  }
}

/** Lets members send until the deadline, those that come first first. @returns them */
function minute(slots: number, everyMs: readonly number[], tells = true): readonly Sender[] {
  const place = new TimedPlace(tells);
  const uploads = new Uploads({ max: slots, stallMs: 10_000, minBytesPerSecond: 65_536 });
  const senders = everyMs.map((ms, i) => new Sender(i + 1, uploads, place, ms));
  for (const sender of senders) sender.begin();
  vi.advanceTimersByTime(DEADLINE - 1);
  return senders;
}

/** Just fast enough for the rate that is asked for on the whole, with one stall: too slow for the deadline. */
const DRIBBLE = 1100;
const QUICK = 20;
const finished = (senders: readonly Sender[]): boolean[] => senders.map(({ done }) => done !== undefined);
const times = <Value>(count: number, value: Value): Value[] => Array.from({ length: count }, () => value);

describe('uploads that are as slow as allowed', () => {
  it.each([2, 3, 4])('%i of them in as many places do not keep the others out', (dribblers) => {
    const senders = minute(dribblers, [...times(dribblers, DRIBBLE), ...times(12 - dribblers, QUICK)]);
    expect(finished(senders)).toEqual([...times(dribblers, false), ...times(12 - dribblers, true)]);
    for (const { begun } of senders.slice(dribblers)) expect(begun).toBe(1);
  });

  it('keep them out if none has to make room', () => {
    const senders = minute(4, [...times(4, DRIBBLE), ...times(8, QUICK)], false);
    expect(finished(senders)).toEqual(times(12, false));
  });

  it('keep their places while none waits, and end in time if there is time', () => {
    const senders = minute(4, times(4, 900));
    expect(finished(senders)).toEqual(times(4, true));
    for (const { begun } of senders) expect(begun).toBe(1);
  });
});

describe('uploads that are slow and honest', () => {
  it('get their turn next to one that dribbles, and do not lose it to one that had its own', () => {
    // 29 seconds each, and one place.
    const [dribbler, slow] = minute(1, [DRIBBLE, 440]);
    expect([dribbler!.done, slow!.begun]).toEqual([undefined, 1]);
    expect(slow!.done).toBeLessThan(DEADLINE);
  });

  it('do not interrupt each other for ever: each gets in that the deadline has time for', () => {
    const senders = minute(1, times(2, 420));
    expect(finished(senders)).toEqual([true, true]);
    // Four that need 27 seconds each, two places.
    expect(finished(minute(2, times(4, 420)))).toEqual(times(4, true));
  });

  it('are not all interrupted by many others: one that is fast overall is never told to make room', () => {
    const senders = minute(2, times(300, 100));
    expect(finished(senders).filter(Boolean)).toHaveLength(18);
    for (const { begun } of senders) expect(begun).toBe(1);
  });

  it('some get in if there is no time for all', () => {
    const senders = minute(1, times(6, 300));
    expect(finished(senders).filter(Boolean).length).toBeGreaterThanOrEqual(1);
  });
});
