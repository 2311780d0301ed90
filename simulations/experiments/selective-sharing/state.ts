import { decodeCheckpoint, encodeCheckpoint } from '../../laboratory/checkpoint.ts';

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

/** A state as the bytes of a checkpoint. */
export function encodeState({ epoch, parameters, updates, locals, scores }: TrainingState): Uint8Array {
  return encodeCheckpoint({ header: { epoch, scores }, vectors: [parameters, updates, ...locals] });
}

/** Reads what {@link encodeState} wrote. @throws CairnError `model-malformed` for a length that does not fit */
export function decodeState(bytes: Uint8Array): TrainingState {
  const { header, vectors } = decodeCheckpoint<Pick<TrainingState, 'epoch' | 'scores'>>(bytes, 2);
  const [parameters, updates, ...locals] = vectors as [Float32Array, Float32Array, ...Float32Array[]];
  return { ...header, parameters, updates, locals };
}
