import { CairnError } from '../errors.ts';

const encoder = new TextEncoder();

/** The UTF-8 encoding of a string. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** All parts in one new array, in order. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/**
 * A number as four bytes, least significant first.
 * @throws CairnError `wire-bounds` for anything but an integer in [0, 2^32): a silent truncation would let two inputs
 *   hash alike
 */
export function u32le(n: number): Uint8Array {
  if (!Number.isInteger(n) || n < 0 || n > 0xffff_ffff) {
    throw new CairnError('wire-bounds', `u32: expected an integer in [0, 2^32), got ${n}`);
  }
  return Uint8Array.of(n, n >>> 8, n >>> 16, n >>> 24);
}

/**
 * Whether two byte strings are equal. Its time depends on their lengths, never on their content: there is one
 * comparison for secret and public bytes alike, so that no caller can choose the wrong one.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

/** Lower-case hexadecimal digits, two per byte. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/**
 * The bytes of a string that {@link toHex} made.
 * @throws CairnError `wire-not-canonical` for anything else: odd length, upper case, other characters
 */
export function fromHex(text: string): Uint8Array {
  // The message shows a length only: the text may be a secret that was pasted into the wrong place.
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw new CairnError(
      'wire-not-canonical',
      `hex: expected pairs of lower-case hex digits, got ${text.length} characters that are not`,
    );
  }
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
