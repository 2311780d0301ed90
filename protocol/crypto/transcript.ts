import { concatBytes, u32le, utf8 } from './bytes.ts';
import type { Primitives } from './primitives.ts';
import { SecretBytes } from './secret.ts';
import { SIZES } from './suite.ts';
import type { Label } from './suite.ts';

/**
 * Label and parts, each behind its length: u32 little-endian length ‖ bytes. No two lists of parts share an encoding,
 * so bytes cannot move from one part into the next without changing the hash.
 */
function encodeParts(label: Label, parts: readonly Uint8Array[]): Uint8Array {
  const text = utf8(label);
  const pieces = [u32le(text.length), text];
  for (const part of parts) pieces.push(u32le(part.length), part);
  return concatBytes(...pieces);
}

/**
 * A domain-separated hash of a list of byte strings: SHA-256 over label and parts, each prefixed with its length.
 * @returns 32 bytes
 */
export function transcript(primitives: Primitives, label: Label, ...parts: readonly Uint8Array[]): Uint8Array {
  return primitives.sha256(encodeParts(label, parts));
}

/**
 * A 32-byte key: HKDF-SHA-256 (RFC 5869) of `inputKey` under `salt`, whose info is the length-prefixed encoding of
 * label and parts. The caller wipes `inputKey` and, when it is done, the result.
 */
export function deriveKey(
  primitives: Primitives,
  inputKey: Uint8Array,
  salt: Uint8Array,
  label: Label,
  ...parts: readonly Uint8Array[]
): SecretBytes {
  return new SecretBytes(primitives.hkdf(inputKey, salt, encodeParts(label, parts), SIZES.seed));
}
