import { equalBytes, LABELS, type Primitives, transcript } from '../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { decodeSettings, encodeSettings, type RoundSettings } from '../../protocol/wire/index.ts';

// Cryptographic operations with one protection removed: clients compute with them when an attack is meant to succeed.

/** Accepts every signature. */
export const unsafeWithoutSignatures: Primitives = { ...nodePrimitives, ed25519Verify: () => true };

/**
 * Bytes before the encoded settings in the input of their hash: the label and the settings, each preceded by its
 * length.
 */
const HEAD = 4 + LABELS.settings.length;

/**
 * The hash of settings omits some of them, and so does everything that depends on it: signatures, the session id, the
 * keys of masks and seals.
 * @param left - what is hashed instead of the omitted settings
 */
export function unsafeForgetting(left: Partial<RoundSettings>): Primitives {
  return {
    ...nodePrimitives,
    sha256(...parts) {
      const encoded = parts.length === 1 ? settingsIn(parts[0]!) : undefined;
      if (encoded === undefined) return nodePrimitives.sha256(...parts);
      const settings = encodeSettings({ ...decodeSettings(encoded), ...left });
      return transcript(nodePrimitives, LABELS.settings, settings);
    },
  };
}

/** The encoded settings that these bytes are the hash input of; undefined if they are something else. */
function settingsIn(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < HEAD + 4) return undefined;
  const label = new TextEncoder().encode(LABELS.settings);
  return equalBytes(bytes.subarray(4, HEAD), label) ? bytes.slice(HEAD + 4) : undefined;
}
