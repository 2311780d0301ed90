import { modelPoint } from '../../protocol/rounds/index.ts';
import { type Primitives, toHex } from '../../protocol/crypto/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { ParameterLayout } from '../../protocol/model/index.ts';
import type { Address } from '../transport/transport.ts';
import type { Download } from '../transport/download.ts';
import { fetchModel, modelDownload } from './model.ts';

type Parameters = Record<string, Float32Array>;

interface Fetching {
  readonly hash: string;
  readonly parameters: Promise<Parameters>;
  readonly controller: AbortController;
  /** Number of rounds that wait for it. */
  waiting: number;
}

/** Maximum number of files whose model point is remembered. */
const MAX_POINTS = 256;

/** Where models come from, and what they must be like. */
export interface ModelSource {
  readonly address: Address;
  readonly primitives: Primitives;
  readonly layout: ParameterLayout;
  /** Milliseconds before the second try of a download. */
  readonly firstPauseMs: number;
}

/**
 * The models that rounds start from. A model is fetched once for a round: its point is needed before the session
 * starts, and its values when the training begins. A download that is cut off is retried for as long as a round waits
 * for it. It continues after the end of its round, for the next attempt, but is not retried before that: the part that
 * has come is kept until then.
 */
export class Models {
  readonly #source: ModelSource;
  /** Model points by the hash of the file. */
  readonly #points = new Map<string, Uint8Array>();
  /** The last model requested, until it is trained from. */
  #latest: Fetching | undefined;
  /** The last download begun, until its model is complete. */
  #unfinished: { readonly hash: string; readonly download: Download } | undefined;
  #closed = false;

  constructor(source: ModelSource) {
    this.#source = source;
  }

  /**
   * What identifies a model: `modelPoint` of its values.
   * @param modelHash of the file
   * @throws what `fetchModel` throws; the signal's reason
   */
  async point(modelHash: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const hash = toHex(modelHash);
    const known = this.#points.get(hash);
    if (known !== undefined) return known;
    const { primitives, layout } = this.#source;
    const parameters = await waiting(this.#fetch(hash, modelHash), signal);
    const point = modelPoint(primitives, layout.flatten(parameters));
    this.#points.set(hash, point);
    for (const oldest of this.#points.keys()) if (this.#points.size > MAX_POINTS) this.#points.delete(oldest);
    return point;
  }

  /** A model's point, if it was fetched before. */
  known(modelHash: Uint8Array): Uint8Array | undefined {
    return this.#points.get(toHex(modelHash));
  }

  /**
   * A model's values, for the caller to change: they are given away once, and fetched again for the next caller.
   * @throws what `fetchModel` throws; the signal's reason
   */
  async parameters(modelHash: Uint8Array, signal: AbortSignal): Promise<Parameters> {
    const fetching = this.#fetch(toHex(modelHash), modelHash);
    const parameters = await waiting(fetching, signal);
    if (this.#latest === fetching) this.#latest = undefined;
    return parameters;
  }

  /** Stops fetching. */
  close(): void {
    this.#closed = true;
    this.#latest?.controller.abort();
    this.#latest = undefined;
    this.#unfinished = undefined;
  }

  #fetch(hash: string, modelHash: Uint8Array): Fetching {
    if (this.#closed) throw new CairnError('member-left', 'the client is leaving');
    if (this.#latest?.hash === hash) return this.#latest;
    this.#latest?.controller.abort();
    const { primitives, layout } = this.#source;
    const kept = this.#unfinished?.hash === hash ? this.#unfinished.download : undefined;
    const download = kept ?? modelDownload(this.#source, modelHash);
    const unfinished = { hash, download };
    this.#unfinished = unfinished;
    const controller = new AbortController();
    const parameters = fetchModel(download, modelHash, {
      ...{ primitives, layout, signal: controller.signal },
      wanted: () => fetching.waiting > 0,
    });
    const fetching: Fetching = { hash, parameters, controller, waiting: 0 };
    this.#latest = fetching;
    const done = (): void => {
      if (this.#unfinished === unfinished) this.#unfinished = undefined;
    };
    parameters.then(done, (thrown: unknown) => {
      // A failed fetch is retried the next time, from where it was if that may still be right.
      if (asCairnError(thrown).code !== 'unreachable') done();
      if (this.#latest === fetching) this.#latest = undefined;
    });
    return fetching;
  }
}

/** The result of a fetch, until the signal is aborted. */
function waiting(fetching: Fetching, signal: AbortSignal): Promise<Parameters> {
  fetching.waiting++;
  return new Promise<Parameters>((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    fetching.parameters.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  }).finally(() => fetching.waiting--);
}
