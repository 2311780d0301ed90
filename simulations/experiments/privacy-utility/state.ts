import { CairnError } from '../../../protocol/errors.ts';
import type { PrivacyBudget } from '../../../protocol/privacy/index.ts';
import type { ScoreRow } from './series.ts';

/** Where a training is, between two rounds. */
export interface TrainingState {
  readonly round: number;
  /** Whether it is over: all rounds are done, or the budget is spent. */
  readonly over: boolean;
  readonly clip: number;
  /** Null without noise, as is the budget. */
  readonly noiseMultiplier: number | null;
  readonly budget: PrivacyBudget | null;
  /** Rényi divergences of all rounds for those who know who took part. */
  readonly inside: readonly number[];
  readonly scores: readonly ScoreRow[];
  readonly parameters: Float32Array;
}

/** A state as bytes: length of a header, header of JSON, then the parameters as 32-bit floats of this machine. */
export function encodeState({ parameters, ...rest }: TrainingState): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify({ ...rest, size: parameters.length }));
  const bytes = new Uint8Array(4 + header.length + parameters.byteLength);
  new DataView(bytes.buffer).setUint32(0, header.length);
  bytes.set(header, 4);
  bytes.set(new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength), 4 + header.length);
  return bytes;
}

/** Reads what {@link encodeState} wrote. @throws CairnError `model-malformed` for a length that does not fit */
export function decodeState(bytes: Uint8Array): TrainingState {
  const headerEnd = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const text = new TextDecoder().decode(bytes.subarray(4, headerEnd));
  const { size, ...rest } = JSON.parse(text) as Omit<TrainingState, 'parameters'> & { readonly size: number };
  // A copy, aligned for floats.
  const rows = new Uint8Array(bytes.subarray(headerEnd));
  if (rows.length !== 4 * size)
    throw new CairnError('model-malformed', `checkpoint: expected ${size} floats, got ${rows.length} bytes`);
  return { ...rest, parameters: new Float32Array(rows.buffer) };
}
