import { CairnError } from '../../protocol/errors.ts';

/** What a checkpoint holds: something of JSON, and vectors of one length. */
export interface Checkpoint<Header> {
  readonly header: Header;
  readonly vectors: readonly Float32Array[];
}

/** A checkpoint as bytes: length of a header, header of JSON, then all vectors as 32-bit floats of this machine. */
export function encodeCheckpoint({ header, vectors }: Checkpoint<object>): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify({ ...header, size: vectors[0]!.length }));
  const bytes = new Uint8Array(4 + text.length + vectors.reduce((sum, { byteLength }) => sum + byteLength, 0));
  new DataView(bytes.buffer).setUint32(0, text.length);
  bytes.set(text, 4);
  let at = 4 + text.length;
  for (const vector of vectors) {
    bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), at);
    at += vector.byteLength;
  }
  return bytes;
}

/**
 * Reads what {@link encodeCheckpoint} wrote.
 * @param least - vectors that there must be
 * @throws CairnError `model-malformed` for a length that does not fit
 */
export function decodeCheckpoint<Header>(bytes: Uint8Array, least: number): Checkpoint<Header> {
  const end = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const { size, ...header } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, end))) as { readonly size: number };
  // A copy, aligned for floats; a Buffer's own slice would be a view.
  const rest = new Uint8Array(bytes.subarray(end));
  const count = rest.length / (4 * size);
  if (!Number.isInteger(count) || count < least)
    throw new CairnError(
      'model-malformed',
      `checkpoint: expected ${least} or more vectors of ${size} floats, got ${rest.length} bytes`,
    );
  const vectors = Array.from({ length: count }, (_, i) => new Float32Array(rest.buffer, 4 * size * i, size));
  return { header: header as Header, vectors };
}
