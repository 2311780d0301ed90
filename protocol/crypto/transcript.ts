import { concatBytes, u32le, utf8 } from './bytes.ts';
import type { Primitives } from './primitives.ts';
import { SecretBytes } from './secret.ts';
import { SIZES } from './suite.ts';
import type { Label } from './suite.ts';

/**
 * Label and parts, each preceded by its length: u32 little-endian length ‖ bytes. No two lists of parts share an
 * encoding, so bytes cannot move from one part into the next without changing the hash.
 */
function encodeParts(label: Label, parts: readonly Uint8Array[]): Uint8Array {
  const prefix = prefixOf(label);
  const encoded = new Uint8Array(parts.reduce((length, part) => length + 4 + part.length, prefix.length));
  const view = new DataView(encoded.buffer);
  encoded.set(prefix);
  let at = prefix.length;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    encoded.set(part, at + 4);
    at += 4 + part.length;
  }
  return encoded;
}

/** There are only a few labels, so each is encoded once. */
const prefixes = new Map<Label, Uint8Array>();

function prefixOf(label: Label): Uint8Array {
  let prefix = prefixes.get(label);
  if (prefix === undefined) {
    const text = utf8(label);
    prefixes.set(label, (prefix = concatBytes(u32le(text.length), text)));
  }
  return prefix;
}

/**
 * A domain-separated hash of a list of byte strings: SHA-256 over label and parts, each prefixed with its length. A
 * part may be secret: the hashed encoding is wiped.
 * @returns 32 bytes
 */
export function transcript(primitives: Primitives, label: Label, ...parts: readonly Uint8Array[]): Uint8Array {
  const encoded = encodeParts(label, parts);
  try {
    return primitives.sha256(encoded);
  } finally {
    encoded.fill(0);
  }
}

/**
 * A 32-byte key: HKDF-SHA-256 (RFC 5869) of `inputKey` under `salt`, whose info is the length-prefixed encoding of
 * label and parts. The caller wipes `inputKey` and, when done with it, the result.
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
