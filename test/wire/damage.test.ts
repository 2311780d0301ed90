import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { equalBytes } from '../../protocol/crypto/bytes.ts';
import { CairnError } from '../../protocol/errors.ts';
import {
  type ByteWriter,
  decodeAbort,
  encodeAbort,
  MESSAGE_TYPES,
  newsOfFailure,
  startMessage,
} from '../../protocol/wire/index.ts';
import { type Format, wireFormats } from '../support/wire-corpus.ts';
import { seeded } from '../../simulations/attacks/open-round/lab.ts';
import { codeOf } from '../support/thrown.ts';

const formats = wireFormats();
const random = seeded('damage');

/** Changes are tried exhaustively up to this many bytes. */
const SHORT = 200;

/** What a decoder makes of bytes: the bytes of what it read, or the code of its refusal; anything else is a fault. */
function outcome({ again, name }: Format, bytes: Uint8Array): Uint8Array | string {
  try {
    return again(bytes);
  } catch (thrown) {
    if (thrown instanceof CairnError && thrown.code.startsWith('wire-')) return thrown.code;
    throw new Error(`${name} threw something else`, { cause: thrown });
  }
}

/** Other values for one byte: all of them in a short message, each bit and some values in a long one. */
function others(byte: number, length: number): number[] {
  if (length <= SHORT) return Array.from({ length: 255 }, (_, i) => (byte + 1 + i) & 0xff);
  const flips = [0, 1, 2, 3, 4, 5, 6, 7].map((bit) => byte ^ (1 << bit));
  return [...new Set([...flips, 0, 0xff, ...random(4)])].filter((value) => value !== byte);
}

const stackTraceLimit = Error.stackTraceLimit;
beforeAll(() => {
  // Hundreds of thousands of errors are made here; nobody reads their stacks.
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

describe.each(formats)('$name', (format) => {
  it('is read and written again to the very same bytes', () => {
    for (const sample of format.samples) expect(format.again(sample)).toEqual(sample);
  });

  it('is refused at every length that it is cut to', () => {
    for (const sample of format.samples) {
      for (let length = 0; length < sample.length; length++) {
        const read = outcome(format, sample.subarray(0, length));
        if (typeof read !== 'string') throw new Error(`${length} of ${sample.length} bytes were believed`);
      }
    }
  });

  it('is refused with any byte behind it', () => {
    for (const sample of format.samples) {
      for (const byte of [0, 1, 0xff]) {
        expect(codeOf(() => format.again(Uint8Array.of(...sample, byte)))).toBe('wire-trailing');
      }
    }
  });

  it('gives, for every change of one byte, a value in its one encoding or a wire error', () => {
    let refused = 0;
    for (const sample of format.samples) {
      const bytes = sample.slice();
      for (let at = 0; at < bytes.length; at++) {
        const before = bytes[at]!;
        for (const value of others(before, bytes.length)) {
          bytes[at] = value;
          const read = outcome(format, bytes);
          if (typeof read === 'string') refused++;
          else if (!equalBytes(read, bytes)) throw new Error(`byte ${at} = ${value} is read as other bytes`);
        }
        bytes[at] = before;
      }
    }
    expect(refused).toBeGreaterThan(0);
  });

  it('gives a value or a wire error for random bytes behind its header', () => {
    const [sample] = format.samples;
    for (let run = 0; run < 300; run++) {
      const bytes = random(35 + (run % 120));
      if (format.name !== 'settings') bytes.set(sample!.subarray(0, 35));
      const read = outcome(format, bytes);
      if (typeof read !== 'string') expect(read).toEqual(bytes);
    }
  });
});

describe.each(formats.filter(({ name }) => name !== 'settings'))('the header of $name', (format) => {
  it('is refused for another version, an unknown suite, an unknown type and every other type', () => {
    const [sample] = format.samples;
    const changed = (at: number, value: number): (() => unknown) => {
      const bytes = sample!.slice();
      bytes[at] = value;
      return () => format.again(bytes);
    };
    for (const version of [0, 2, 255]) expect(codeOf(changed(0, version))).toBe('wire-version');
    for (const suite of [0, 3, 255]) expect(codeOf(changed(1, suite))).toBe('wire-suite');
    for (const type of [0, 0x0e, 0x1f, 0x26, 255]) expect(codeOf(changed(2, type))).toBe('wire-type');
    const types = Object.values(MESSAGE_TYPES).filter((type) => type !== sample![2]);
    for (const type of types) expect(codeOf(changed(2, type))).toBe('wire-type');
  });
});

describe('a count that the message cannot hold', () => {
  const MOST = 1 << 20;
  const context = new Uint8Array(32);
  const start = (name: keyof typeof MESSAGE_TYPES): ByteWriter => startMessage(name, { suite: 1, context });
  const leaf = new Uint8Array(69);
  /** A proof up to its number of shares. */
  const dealt = (): ByteWriter => start('falseDealing').raw(context).u32(0).u8(1).raw(new Uint8Array(96));
  /** News of a task that failed, with texts of so many bytes. */
  const news = (task: string, code: number, message: number): Uint8Array =>
    start('taskNews')
      .text(task)
      .u8(4)
      .raw(new Uint8Array(16))
      .raw(context)
      .text('x'.repeat(code))
      .text('x'.repeat(message))
      .finish();
  const huge: [string, Uint8Array, string][] = [
    ['roster', start('roster').u32(MOST).u32(0).u8(1).finish(), 'wire-truncated'],
    ['roster', start('roster').u32(MOST).u32(0).u8(1).raw(leaf).finish(), 'wire-truncated'],
    ['roster', start('roster').u32(MOST).u32(0).u8(2).raw(context).u32(MOST).raw(leaf).finish(), 'wire-truncated'],
    [
      'roster',
      start('roster')
        .u32(MOST + 1)
        .u32(0)
        .u8(1)
        .finish(),
      'wire-bounds',
    ],
    ['shareKeys', start('shareKeys').raw(context).u8(0).u32(MOST).raw(leaf).finish(), 'wire-truncated'],
    ['shareKeys', start('shareKeys').raw(context).u8(0).u32(0xffff_ffff).raw(leaf).finish(), 'wire-bounds'],
    ['routedShares', start('routedShares').u32(MOST).raw(leaf).finish(), 'wire-truncated'],
    ['routedShares', start('routedShares').u32(8).u8(0xff).raw(leaf).finish(), 'wire-truncated'],
    [
      'maskedInput',
      start('maskedInput')
        .u32(1 << 28)
        .u8(32)
        .finish(),
      'wire-truncated',
    ],
    ['maskedInput', start('maskedInput').u32(0xffff_ffff).u8(32).finish(), 'wire-bounds'],
    ['survivors', start('survivors').u32(MOST).finish(), 'wire-truncated'],
    ['falseDealing', dealt().u32(MOST).raw(leaf).finish(), 'wire-truncated'],
    ['falseDealing', dealt().u32(0xffff_ffff).raw(leaf).finish(), 'wire-bounds'],
    ['unmaskRequest', start('unmaskRequest').u32(MOST).u32(MOST).finish(), 'wire-truncated'],
    ['unmaskRequest', start('unmaskRequest').u32(8).u8(0xff).u32(8).u8(0xff).raw(leaf).finish(), 'wire-truncated'],
    ['unmaskShares', start('unmaskShares').u32(MOST).raw(leaf).finish(), 'wire-truncated'],
    ['invitation', start('invitation').u32(0xffff_ffff).finish(), 'wire-bounds'],
    ['invitation', start('invitation').u32(32_768).finish(), 'wire-truncated'],
    ['hello', start('hello').u8(2).u16(128).finish(), 'wire-truncated'],
    ['hello', start('hello').u8(2).u16(0).u32(0xffff_ffff).finish(), 'wire-bounds'],
    ['hello', start('hello').u8(2).u16(0).u32(0).u8(255).finish(), 'wire-bounds'],
    ['hello', start('hello').u8(2).u16(0).u32(0).u8(64).finish(), 'wire-truncated'],
    ['welcome', start('welcome').u32(1).u32(0xffff_ffff).finish(), 'wire-bounds'],
    ['part', start('part').u32(0xffff_ffff).u32(0).finish(), 'wire-bounds'],
    [
      'part',
      start('part')
        .u32(1 << 30)
        .u32(35)
        .raw(new Uint8Array(16))
        .raw(leaf)
        .finish(),
      'wire-truncated',
    ],
    ['resume', start('resume').u32(35).finish(), 'wire-bounds'],
    ['resume', start('resume').u32(0xffff_ffff).finish(), 'wire-bounds'],
    [
      'resume',
      start('resume')
        .u32(35 + 262_144 + 1)
        .finish(),
      'wire-not-canonical',
    ],
    ['abort', start('abort').u16(0xffff).finish(), 'wire-bounds'],
    ['outcome', start('outcome').u8(2).u16(0xffff).finish(), 'wire-bounds'],
    ['taskNews', start('taskNews').u16(0xffff).finish(), 'wire-bounds'],
    ['taskNews', start('taskNews').u16(129).raw(new Uint8Array(129)).finish(), 'wire-bounds'],
    ['taskNews', start('taskNews').text('t').u8(7).finish(), 'wire-bounds'],
    ['taskNews', start('taskNews').text('t').u8(0).finish(), 'wire-bounds'],
    ['taskNews', news('t', 65, 0), 'wire-bounds'],
    ['taskNews', news('t', 64, 513), 'wire-bounds'],
    ['taskNews', news('', 1, 0), 'wire-bounds'],
  ];

  it.each(huge)('of %s is refused before anything of that size is made', (name, bytes, code) => {
    const { again } = formats.find((format) => format.name === name)!;
    const longest = { made: 0 };
    const from = Array.from.bind(Array) as (...args: unknown[]) => unknown[];
    const spy = vi.spyOn(Array, 'from').mockImplementation(((...args: unknown[]): unknown[] => {
      longest.made = Math.max(longest.made, (args[0] as { length?: number }).length ?? 0);
      return from(...args);
    }) as typeof Array.from);
    const buffers = process.memoryUsage().arrayBuffers;
    try {
      expect(codeOf(() => again(bytes))).toBe(code);
    } finally {
      spy.mockRestore();
    }
    expect(longest.made).toBeLessThanOrEqual(64);
    expect(process.memoryUsage().arrayBuffers - buffers).toBeLessThan(1 << 20);
  });
});

describe('the text of an abort', () => {
  it('is cut to its field, whatever its length and its characters', () => {
    const { again } = formats.find(({ name }) => name === 'abort')!;
    for (const text of ['x'.repeat(5_000_000), 'ü'.repeat(400), '少'.repeat(400), '🪨'.repeat(400)]) {
      const bytes = encodeLongAbort(text);
      expect(bytes.length).toBeLessThanOrEqual(35 + 2 + 2 + 1 + 11 + 512);
      expect(bytes.length).toBeGreaterThan(35 + 2 + 2 + 1 + 11 + 505);
      expect(again(bytes)).toEqual(bytes);
    }
  });
});

describe('the reason that news give', () => {
  it('is cut to its fields, whatever its length and its characters', () => {
    for (const text of ['x'.repeat(5_000_000), 'ü'.repeat(400), '少'.repeat(400), '🪨'.repeat(400)]) {
      const { code, message } = newsOfFailure({ code: 'not-enough-clients', message: text });
      expect(code).toBe('not-enough-clients');
      const length = new TextEncoder().encode(message).length;
      expect(length).toBeLessThanOrEqual(512);
      expect(length).toBeGreaterThan(505);
    }
  });
});

describe('the culprits of an abort', () => {
  const { again } = formats.find(({ name }) => name === 'abort')!;
  const abortOf = (...ids: readonly number[]): Uint8Array => {
    const writer = startMessage('abort', { suite: 1, context: new Uint8Array(32) })
      .text('share-undecryptable')
      .text('no')
      .u8(ids.length);
    for (const id of ids) writer.u32(id);
    return writer.finish();
  };

  it('are named once each, in ascending order, and are as many as the field holds', () => {
    expect(() => again(abortOf(1, 5, 9))).not.toThrow();
    expect(codeOf(() => again(abortOf(5, 1)))).toBe('wire-not-canonical');
    expect(codeOf(() => again(abortOf(5, 5)))).toBe('wire-not-canonical');
    expect(codeOf(() => again(abortOf(1, 2, 3, 4, 5, 6, 7, 8, 9)))).toBe('wire-bounds');
  });

  it('are sorted, rid of repetitions and cut to the field by who sends them', () => {
    const header = { suite: 1, context: new Uint8Array(32) } as const;
    const error = { code: 'share-undecryptable', message: 'no' } as const;
    const { culprits } = decodeAbort(encodeAbort(header, error, [12, 11, 10, 9, 9, 8, 7, 6, 5, 4, 3]));
    expect(culprits).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

function encodeLongAbort(message: string): Uint8Array {
  return encodeAbort({ suite: 1, context: new Uint8Array(32) }, { code: 'cohort-full', message });
}
