import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Buffers } from '../../coordinator/gateway/buffers.ts';
import { Slots } from '../../coordinator/gateway/slots.ts';
import { Upload } from '../../coordinator/gateway/upload.ts';
import { HEADER_LENGTH } from '../../protocol/wire/header.ts';
import type { Part } from '../../protocol/wire/messages/part.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const TOTAL = HEADER_LENGTH + 100;
const header = { suite: 1, context: new Uint8Array(32), id: new Uint8Array(16) } as const;
const part = (offset: number, length: number): Part => ({
  ...header,
  total: TOTAL,
  offset,
  bytes: Uint8Array.from({ length }, (_, i) => (i === 1 ? 1 : 0)),
});

/** An upload that may take 100 ms for each part, and 100 ms and 100 more as a whole. */
function begun(): { readonly upload: Upload; readonly slots: Slots } {
  const slots = new Slots(1);
  const upload = new Upload(
    part(0, HEADER_LENGTH),
    { ...header, name: 'maskedInput' },
    {
      slots,
      buffers: new Buffers(),
      stallMs: 100,
      minBytesPerSecond: 10 * TOTAL,
      turnMs: () => 1000,
      timeLeft: () => 60_000,
      yields: 0,
      yielded: () => undefined,
      refusal: () => undefined,
      answer: () => undefined,
    },
  );
  upload.begin();
  return { upload, slots };
}

describe('an upload', () => {
  it('that keeps the pace overall is accepted, and leaves no timer running', () => {
    const { upload, slots } = begun();
    vi.advanceTimersByTime(99);
    expect(upload.add(part(HEADER_LENGTH, 50))).toBeUndefined();
    vi.advanceTimersByTime(99);
    expect(upload.add(part(HEADER_LENGTH + 50, 50))!.bytes).toHaveLength(TOTAL);
    vi.advanceTimersByTime(1000);
    expect(slots.held).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that never stalls, but creeps, loses its slot', () => {
    const { upload, slots } = begun();
    for (let i = 0; i < 3; i++) {
      vi.advanceTimersByTime(66);
      expect(upload.add(part(HEADER_LENGTH + i, 1))).toBeUndefined();
    }
    expect(slots.held).toBe(1);
    vi.advanceTimersByTime(2);
    expect(slots.held).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(() => upload.add(part(HEADER_LENGTH + 3, 1))).toThrow(
      expect.objectContaining({ code: 'upload-interrupted' }),
    );
  });
});
