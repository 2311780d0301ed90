import { fromHex } from '../protocol/crypto/bytes.ts';
import type { Primitives } from '../protocol/crypto/primitives.ts';
import { asCairnError, CairnError } from '../protocol/errors.ts';
import type { ParameterLayout } from '../protocol/model/layout.ts';
import { fetchModelFile } from './driver/model.ts';
import type { TaskEnd } from './events.ts';
import type { Address } from './transport/transport.ts';

/** Pauses before a model is asked for again that did not come, in milliseconds. */
const AGAIN_AFTER = [500, 2000, 5000];

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
}

/**
 * Fetches the model that a task ended with. It is the one of the hash that the coordinator named, has the app's tensors, and
 * is finite; that it is what the rounds gave is the coordinator's word.
 * @throws CairnError `model-unsaved` with the reason as its cause; the signal's reason
 */
export async function fetchFinalModel(
  { address, primitives, layout }: FinalModelSource,
  { task, round, modelHash }: TaskEnd,
  signal: AbortSignal,
): Promise<FinalModel> {
  for (let attempt = 0; ; attempt++) {
    try {
      const file = await fetchModelFile(address, primitives, fromHex(modelHash), layout, signal);
      return { task, round, modelHash, ...file };
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asCairnError(thrown);
      const pause = AGAIN_AFTER.at(attempt);
      if (error.code !== 'unreachable' || pause === undefined) {
        const text = `the final model of ${task} could not be fetched: ${error.message}`;
        throw new CairnError('model-unsaved', text, { cause: thrown });
      }
      await pauseOf(pause, signal);
    }
  }
}

/** Resolves after so many milliseconds, or when the signal is aborted. */
function pauseOf(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const stop = (): void => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}
