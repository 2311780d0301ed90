import type { Primitives } from '../../crypto/primitives.ts';
import { LABELS } from '../../crypto/suite.ts';
import { transcript } from '../../crypto/transcript.ts';

/**
 * What a model is known by: the hash of its values alone, 32 bytes. Two files of the same values, with other headers or
 * metadata, are one model, and −0 is +0: what a client trains from either is the same.
 * @param parameters in layout order; not changed
 */
export function modelPoint(primitives: Primitives, parameters: Float32Array): Uint8Array {
  const values = parameters.map((value) => value + 0);
  return transcript(primitives, LABELS.modelPoint, new Uint8Array(values.buffer));
}
