import type { Primitives } from '../../crypto/primitives.ts';
import { LABELS } from '../../crypto/suite.ts';
import { transcript } from '../../crypto/transcript.ts';

/**
 * What identifies a model: the hash of its values alone, 32 bytes. Two files of the same values, with other headers or
 * metadata, are one model, and −0 is +0: what a client trains from either is the same.
 * @param parameters in layout order; not changed
 */
export function modelPoint(primitives: Primitives, parameters: Float32Array): Uint8Array {
  const values = parameters.map((value) => value + 0);
  return transcript(primitives, LABELS.modelPoint, new Uint8Array(values.buffer));
}

/**
 * What identifies a model in a round that only measures: 32 bytes. A client remembers such rounds apart from those that
 * sum updates, since they reveal other things: it helps to measure one set of members for each model, and to sum one.
 * @param point of {@link modelPoint}
 */
export const measuringPoint = (primitives: Primitives, point: Uint8Array): Uint8Array =>
  transcript(primitives, LABELS.measuringPoint, point);
