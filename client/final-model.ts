import { fromHex, type Primitives } from '../protocol/crypto/index.ts';
import { asCairnError, CairnError } from '../protocol/errors.ts';
import type { ParameterLayout } from '../protocol/model/index.ts';
import { fetchModelFile, modelDownload } from './driver/model.ts';
import type { TaskEnd } from './events.ts';
import type { Address } from './transport/transport.ts';

/** Failed requests for a model before giving up: a coordinator that has ended may not answer again. */
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
  /** The parameters in it, by the app's names. */
  readonly tensors: Record<string, Float32Array>;
}

/** Where models come from, and what they must contain. */
export interface FinalModelSource {
  readonly address: Address;
  readonly primitives: Primitives;
  readonly layout: ParameterLayout;
  /** Milliseconds before the second attempt at a download. */
  readonly firstPauseMs: number;
}

/**
 * Fetches the model that a task ended with. It has the hash that the coordinator named, has the app's tensors, and is
 * finite; that it resulted from the rounds is only the coordinator's claim.
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
