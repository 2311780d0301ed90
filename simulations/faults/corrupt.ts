import type { Random } from '../../training/index.ts';
import { HEADER_LENGTH } from '../../protocol/wire/index.ts';
import type { Fault } from './script.ts';

/** A corrupted copy of a message; it differs from it in at least one bit. The message itself is not changed. */
export function corrupted(
  bytes: Uint8Array,
  { how, bits, part }: Extract<Fault, { kind: 'corrupt' }>,
  random: Random,
): Uint8Array {
  if (how === 'truncate') return bytes.slice(0, random.below(bytes.length));
  if (how === 'foreign') {
    const foreign = Uint8Array.from(bytes, () => random.below(256));
    // A version that does not exist: even for a small message, foreign bytes never equal the message by chance.
    foreign[0] = 0xff;
    return foreign;
  }
  const copy = bytes.slice();
  const frame = Math.min(HEADER_LENGTH, bytes.length);
  const [from, to] = part === 'frame' || frame === bytes.length ? [0, frame] : [frame, bytes.length];
  // Each bit at most once, since a second flip would undo the first.
  const flipped = new Set<number>();
  while (flipped.size < Math.min(bits, 8 * (to - from))) flipped.add(8 * from + random.below(8 * (to - from)));
  for (const bit of flipped) copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
