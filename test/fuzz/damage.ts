import fc, { type Arbitrary } from 'fast-check';

/** One change of bytes. Places are taken modulo the length, so that each change does something to any bytes. */
export type Change =
  | { readonly op: 'flip'; readonly at: number; readonly bit: number }
  | { readonly op: 'set'; readonly at: number; readonly value: number }
  /** A byte is one more or one less. */
  | { readonly op: 'step'; readonly at: number; readonly by: 1 | -1 }
  /** A field of one, two or four bytes is set to a value at the edge of something. */
  | { readonly op: 'extreme'; readonly at: number; readonly width: 1 | 2 | 4; readonly value: number }
  | { readonly op: 'cut'; readonly at: number }
  | { readonly op: 'remove'; readonly at: number; readonly count: number }
  | { readonly op: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly op: 'extend'; readonly bytes: Uint8Array }
  /** The beginning of these bytes and the rest of others, from the same place on or from another. */
  | { readonly op: 'splice'; readonly at: number; readonly from: number; readonly other: number }
  | { readonly op: 'repeat'; readonly at: number; readonly count: number };

/** Values at which fields, counts and sums of them have their edges. */
const EDGES = [
  0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0xf_ffff, 0x10_0000, 0x10_0001, 0x1000_0000,
  0x1000_0001, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
];

/** Fields stand at the beginning, behind the header; long runs of content behind them. */
const place = fc.oneof({ weight: 3, arbitrary: fc.nat(96) }, { weight: 1, arbitrary: fc.nat(0xffff) });
const few = fc.integer({ min: 1, max: 80 });
const some = fc.uint8Array({ minLength: 1, maxLength: 48 });

const change: Arbitrary<Change> = fc.oneof(
  fc.record({ op: fc.constant('flip' as const), at: place, bit: fc.nat(7) }),
  fc.record({ op: fc.constant('set' as const), at: place, value: fc.oneof(fc.nat(3), fc.nat(255)) }),
  fc.record({ op: fc.constant('step' as const), at: place, by: fc.constantFrom(1 as const, -1 as const) }),
  fc.record({
    op: fc.constant('extreme' as const),
    at: place,
    width: fc.constantFrom(1 as const, 2 as const, 4 as const),
    value: fc.constantFrom(...EDGES),
  }),
  fc.record({ op: fc.constant('cut' as const), at: place }),
  fc.record({ op: fc.constant('remove' as const), at: place, count: few }),
  fc.record({ op: fc.constant('insert' as const), at: place, bytes: some }),
  fc.record({ op: fc.constant('extend' as const), bytes: some }),
  fc.record({ op: fc.constant('splice' as const), at: place, from: place, other: fc.nat(255) }),
  fc.record({ op: fc.constant('repeat' as const), at: place, count: few }),
);

/** One to four changes, one after another. */
export const damage: Arbitrary<readonly Change[]> = fc.array(change, { minLength: 1, maxLength: 4 });

/** The bytes that changes make of some; `others` are there for splices. The bytes themselves stay as they are. */
export function damaged(bytes: Uint8Array, changes: readonly Change[], others: readonly Uint8Array[]): Uint8Array {
  return changes.reduce<Uint8Array>((now, each) => changed(now, each, others), bytes.slice());
}

function changed(bytes: Uint8Array, change: Change, others: readonly Uint8Array[]): Uint8Array {
  const at = 'at' in change ? change.at % (bytes.length + 1) : 0;
  const inside = Math.min(at, Math.max(0, bytes.length - 1));
  switch (change.op) {
    case 'flip':
      if (bytes.length > 0) bytes[inside]! ^= 1 << change.bit;
      return bytes;
    case 'set':
      if (bytes.length > 0) bytes[inside] = change.value;
      return bytes;
    case 'step':
      if (bytes.length > 0) bytes[inside]! += change.by;
      return bytes;
    case 'extreme':
      for (let i = 0; i < change.width && inside + i < bytes.length; i++) {
        bytes[inside + i] = Math.floor(change.value / 2 ** (8 * i)) % 256;
      }
      return bytes;
    case 'cut':
      return bytes.slice(0, at);
    case 'remove':
      return joined(bytes.subarray(0, at), bytes.subarray(at + change.count));
    case 'insert':
      return joined(bytes.subarray(0, at), change.bytes, bytes.subarray(at));
    case 'extend':
      return joined(bytes, change.bytes);
    case 'splice': {
      const other = others[change.other % others.length]!;
      // Half of the splices keep all fields where they stand.
      const from = change.from % 2 === 0 ? at : change.from % (other.length + 1);
      return joined(bytes.subarray(0, at), other.subarray(from));
    }
    case 'repeat':
      return joined(bytes.subarray(0, at + change.count), bytes.subarray(at));
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
