import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LIMITS } from './support/limits.ts';
import { Seat } from '../../coordinator/gateway/seat.ts';
import { Uploads } from '../../coordinator/gateway/uploads.ts';
import { AdmissionControl } from '../../coordinator/limits/admission-control.ts';
import { CairnError } from '../../protocol/errors.ts';
import { memberId } from '../../protocol/ids.ts';
import { HEADER_LENGTH, startMessage } from '../../protocol/wire/header.ts';
import { decodePart, PART_LENGTH, partsOf } from '../../protocol/wire/messages/part.ts';
import { chanceOf } from '../soak/chance.ts';
import { TestPlace } from './support/gateway.ts';

/** Two messages of one round that two programs with one identity send: of one length, and different in every part. */
const messages = [1, 2].map((fill) =>
  startMessage('maskedInput', { suite: 1, context: new Uint8Array(32).fill(9) })
    .raw(new Uint8Array(3 * PART_LENGTH).fill(fill))
    .finish(),
);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/**
 * Sends parts of both messages in an order without sense, over connections that break.
 * @returns how many messages came whole, and how many of them were neither of the two
 */
function disorder(seed: number, ids: readonly Uint8Array[]): { readonly whole: number; readonly mixed: number } {
  const chance = chanceOf(seed, 'parts in disorder');
  const seat = new Seat({
    kind: 'member',
    member: memberId(1),
    tasks: [],
    token: new Uint8Array(),
    quota: new AdmissionControl({ ...LIMITS, trustProxy: 0 }, 10_000_000).quotaOf(memberId(1)),
  });
  const place = new TestPlace();
  seat.assign(place);
  const uploads = new Uploads({ max: 1, stallMs: 10_000, minBytesPerSecond: 65_536 });
  const parts = messages.map((message, i) => [...partsOf(message, ids[i]!)]);
  const counts = { whole: 0, mixed: 0 };
  /** The part that each sender would send next: mostly it keeps to the order, and to what it is told. */
  const next = [0, 0];
  for (let step = 0; step < 120; step++) {
    if (chance() < 0.1) seat.detach();
    const sender = chance() < 0.5 ? 0 : 1;
    const at = chance() < 0.1 ? Math.floor(4 * chance()) : next[sender]!;
    try {
      const whole = uploads.take(seat, place, decodePart(parts[sender]![at]!), (_refusal, offset) => {
        if (offset !== undefined) next[sender] = 1 + (offset - HEADER_LENGTH) / PART_LENGTH;
      });
      if (at > 0 || next[sender] === 0) next[sender] = at + 1;
      if (whole === undefined) continue;
      counts.whole++;
      if (!messages.some((message) => Buffer.compare(message, whole.bytes) === 0)) counts.mixed++;
      seat.upload?.end(new CairnError('upload-interrupted', 'it is complete'));
      next[sender] = 0;
    } catch {
      next[sender] = 0;
    }
  }
  seat.release();
  return counts;
}

const total = (ids: readonly Uint8Array[]): { readonly whole: number; readonly mixed: number } => {
  const sum = { whole: 0, mixed: 0 };
  for (let seed = 0; seed < 30; seed++) {
    const { whole, mixed } = disorder(seed, ids);
    sum.whole += whole;
    sum.mixed += mixed;
  }
  return sum;
};

describe('parts of two messages by one identity', () => {
  it('never become a message that is neither, in whatever order they arrive and however often the connection breaks', () => {
    const { whole, mixed } = total([new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)]);
    expect(whole).toBeGreaterThan(10);
    expect(mixed).toBe(0);
  });

  it('would be mixed if they were not distinguished', () => {
    const id = new Uint8Array(16).fill(1);
    expect(total([id, id]).mixed).toBeGreaterThan(0);
  });

  it('leave no clock running when their round ends', () => {
    disorder(1, [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
