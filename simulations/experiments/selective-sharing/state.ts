import { CairnError } from '../../../protocol/errors.ts';

/** How well parameters did on the test set after some epochs. */
type Score = {
  readonly epoch: number;
  /** Share of test images that were classified right. */
  readonly accuracy: number;
  /** Mean cross-entropy per image, in nats; null where it is not finite. */
  readonly loss: number | null;
  /** Mean number of parameters of an upload in this epoch; null for baselines. */
  readonly uploaded: number | null;
  /** How often since the last score a participant's training diverged, so that it had no upload; null for baselines. */
  readonly diverged: number | null;
};

/** Where a training is, between two epochs. */
export interface TrainingState {
  /** Epochs that are done. */
  readonly epoch: number;
  /** The model: the participant's, or the global parameters. */
  readonly parameters: Float32Array;
  /** How often each was uploaded; all zero for baselines. */
  readonly updates: Float32Array;
  /** Each participant's own parameters; empty where downloads replace them all. */
  readonly locals: readonly Float32Array[];
  readonly scores: readonly Score[];
}

/** A state as bytes: length of a header, header of JSON, then all parameters as 32-bit floats of this machine. */
export function encodeState({ epoch, parameters, updates, locals, scores }: TrainingState): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify({ epoch, scores, size: parameters.length }));
  const vectors = [parameters, updates, ...locals];
  const bytes = new Uint8Array(4 + header.length + 4 * parameters.length * vectors.length);
  new DataView(bytes.buffer).setUint32(0, header.length);
  bytes.set(header, 4);
  let at = 4 + header.length;
  for (const vector of vectors) {
    bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), at);
    at += vector.byteLength;
  }
  return bytes;
}

/** Reads what {@link encodeState} wrote. @throws CairnError `model-malformed` for a length that does not fit */
export function decodeState(bytes: Uint8Array): TrainingState {
  const headerEnd = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const { epoch, scores, size } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, headerEnd))) as Pick<
    TrainingState,
    'epoch' | 'scores'
  > & { readonly size: number };
  // A copy, aligned for floats; a Buffer's own slice would be a view.
  const rest = new Uint8Array(bytes.subarray(headerEnd));
  const count = rest.length / (4 * size);
  if (!Number.isInteger(count) || count < 2)
    throw new CairnError(
      'model-malformed',
      `checkpoint: expected whole vectors of ${size} floats, got ${rest.length} bytes`,
    );
  const vectors = Array.from({ length: count }, (_, i) => new Float32Array(rest.buffer, 4 * size * i, size));
  const [parameters, updates, ...locals] = vectors;
  return { epoch, parameters, updates, locals, scores };
}
