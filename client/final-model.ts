import { fromHex, type Primitives } from '../protocol/crypto/index.ts';
import { asCairnError, CairnError } from '../protocol/errors.ts';
import type { ParameterLayout } from '../protocol/model/index.ts';
import { fetchModelFile, modelDownload } from './driver/model.ts';
import type { TaskEnd } from './events.ts';
import type { Address } from './transport/transport.ts';

/** Requests for a model that did not come, before it is given up: a coordinator that has ended may not answer again. */
const MAX_REQUESTS = 5;

/** The last model of a task that has ended. */
export interface FinalModel {
  /** As the coordinator gave it: check it before it becomes part of a path. */
  readonly task: string;
  readonly round: number;
  /** SHA-256 of the file, in hex. */
  readonly modelHash: string;
  /** The safetensors file. */
  readonly bytes: Uint8Array;
  /** The parameters in it, by the names that the app gives them. */
  readonly tensors: Record<string, Float32Array>;
}

/** Where models come from, and what they must be like. */
export interface FinalModelSource {
  readonly address: Address;
  readonly primitives: Primitives;
  readonly layout: ParameterLayout;
  /** Milliseconds before the second try of a download. */
  readonly firstPauseMs: number;
}

/**
 * Fetches the model that a task ended with. It is the one of the hash that the coordinator named, has the app's tensors, and
 * is finite; that it is what the rounds gave is the coordinator's word.
 * @throws CairnError `model-unsaved` with the reason as its cause; the signal's reason
 */
export async function fetchFinalModel(
  source: FinalModelSource,
  { task, round, modelHash }: TaskEnd,
  signal: AbortSignal,
): Promise<FinalModel> {
  const hash = fromHex(modelHash);
  let requests = 1;
  try {
    const file = await fetchModelFile(modelDownload(source, hash), hash, {
      ...{ primitives: source.primitives, layout: source.layout, signal },
      wanted: () => requests++ < MAX_REQUESTS,
    });
    return { task, round, modelHash, ...file };
  } catch (thrown) {
    signal.throwIfAborted();
    const text = `the final model of ${task} could not be fetched: ${asCairnError(thrown).message}`;
    throw new CairnError('model-unsaved', text, { cause: thrown });
  }
}
