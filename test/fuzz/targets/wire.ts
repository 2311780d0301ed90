import { MESSAGE_TYPES, messageName } from '../../../protocol/wire/header.ts';
import { bitmapLength, bitmapOf, readBitmap, setBits } from '../../../protocol/wire/bitmap.ts';
import { ByteReader } from '../../../protocol/wire/reader.ts';
import { type Format, wireFormats } from '../../support/wire-corpus.ts';
import { bytesTarget } from '../bytes-target.ts';
import { must } from '../outcome.ts';
import type { Target } from '../target.ts';

let corpus: readonly Format[] | undefined;

const formatOf = (name: string): Format => {
  corpus ??= wireFormats();
  return corpus.find((format) => format.name === name)!;
};

const SHARE = 2;

/** One target for each message type. */
const messages = Object.keys(MESSAGE_TYPES).map((name) => bytesTarget(`wire-${name}`, SHARE, () => formatOf(name)));

const settings = bytesTarget('wire-settings', SHARE, () => formatOf('settings'));

/** Whatever the type: the header alone is read before anything else is looked at. */
const header = bytesTarget('wire-header', 1, () => ({
  decode: messageName,
  samples: (corpus ??= wireFormats()).flatMap(({ name, samples }) => (name === 'settings' ? [] : samples)),
  holds: (name, bytes) => must(bytes[2] === MESSAGE_TYPES[name], 'the name is not that of the type'),
}));

/** Bitmaps: the first two bytes say of how many members. */
const bitmap = bytesTarget('wire-bitmap', 1, () => ({
  decode(bytes: Uint8Array) {
    const reader = new ByteReader(bytes, 'bitmap');
    const n = reader.u16('members');
    const read = readBitmap(reader, n, 'bitmap');
    reader.end();
    return { n, read };
  },
  encode: ({ n, read }) => Uint8Array.of(n & 0xff, n >> 8, ...bitmapOf(n, setBits(read))),
  holds: ({ n, read }) =>
    must(read.length === bitmapLength(n) && setBits(read).every((bit) => bit < n), 'a bit too far'),
  samples: [0, 1, 7, 8, 9, 64, 999].map((n) => {
    const some = Array.from({ length: n }, (_, i) => i).filter((i) => i % 3 === 0);
    return Uint8Array.of(n & 0xff, n >> 8, ...bitmapOf(n, some));
  }),
}));

/** Every message type, the settings within an invitation, headers and bitmaps. */
export const wireTargets: readonly Target[] = [...messages, settings, header, bitmap];
