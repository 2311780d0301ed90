import { type PrivacyBudget, restoredDivergences } from '../../../protocol/privacy/index.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../laboratory/checkpoint.ts';
import type { ScoreRow } from './series.ts';

/** State of a training between two rounds. */
export interface TrainingState {
  readonly round: number;
  /** Whether it is over: all rounds are done, or the budget is spent. */
  readonly over: boolean;
  readonly clip: number;
  /** Null without noise, as is the budget. */
  readonly noiseMultiplier: number | null;
  readonly budget: PrivacyBudget | null;
  /** Rényi divergences of all rounds towards parties that know which members took part. */
  readonly inside: readonly number[];
  readonly scores: readonly ScoreRow[];
  readonly parameters: Float32Array;
}

/** A state as the bytes of a checkpoint. */
export function encodeState({ parameters, ...header }: TrainingState): Uint8Array {
  return encodeCheckpoint({ header, vectors: [parameters] });
}

/** Reads what {@link encodeState} wrote. @throws CairnError `model-malformed` for a length that does not fit */
export function decodeState(bytes: Uint8Array): TrainingState {
  const { header, vectors } = decodeCheckpoint<Omit<TrainingState, 'parameters'>>(bytes, 1);
  const { budget, inside } = header;
  const restored = (kept: readonly number[]): readonly number[] => restoredDivergences(kept) ?? kept;
  return {
    ...header,
    budget: budget === null ? null : { ...budget, divergences: restored(budget.divergences) },
    inside: restored(inside),
    parameters: vectors[0]!,
  };
}
