import { CairnError } from '../errors.ts';

/** The longest output of HKDF-SHA-256 in bytes: 255 hash blocks (RFC 5869 §2.3). */
const HKDF_LIMIT = 255 * 32;

/**
 * Both implementations of the primitives check lengths here rather than in their libraries, whose errors differ.
 * @throws CairnError `key-invalid` when `bytes` does not have `length` bytes
 */
export function expectLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length === length) return;
  throw new CairnError('key-invalid', `${what}: expected ${length} bytes, got ${bytes.length}`);
}

/** @throws CairnError `internal` for an output length that HKDF-SHA-256 does not allow */
export function expectHkdfLength(length: number): void {
  if (Number.isInteger(length) && length >= 0 && length <= HKDF_LIMIT) return;
  throw new CairnError('internal', `hkdf: expected an output of 0 to ${HKDF_LIMIT} bytes, got ${length}`);
}

/** The one refusal of an X25519 public key of low order, whichever implementation found it. */
export function lowOrderKey(): CairnError {
  return new CairnError('key-invalid', 'x25519: the public key has low order, so the shared secret would be public');
}
