import { equalBytes, type Primitives, toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import {
  decodeSafetensors,
  maxBesideValues,
  type NamedTensors,
  type ParameterLayout,
} from '../../protocol/model/index.ts';
import { Download } from '../transport/download.ts';
import type { Address } from '../transport/transport.ts';
import { shapeFault } from './shape-fault.ts';

/** Where a model comes from, and what limits its size. */
interface Origin {
  readonly address: Address;
  readonly layout: ParameterLayout;
  readonly firstPauseMs: number;
}

/** A download of the model with this hash. Nothing has been requested yet. */
export function modelDownload({ address, layout, firstPauseMs }: Origin, modelHash: Uint8Array): Download {
  const [path, limit] = [`v1/models/${toHex(modelHash)}`, 4 * layout.size + maxBesideValues(layout.size)];
  return new Download(address, { path, limit, resumes: true, firstPauseMs });
}

/** Options for fetching a model. */
export interface ModelFetch {
  readonly primitives: Primitives;
  readonly layout: ParameterLayout;
  readonly signal: AbortSignal;
  /** Called before each further try; see {@link Download.whole}. */
  readonly wanted: () => boolean;
}

/**
 * Fetches the model that a round starts from, and checks everything about it: its SHA-256 is the one that the settings
 * name (and with them the session id, so another model could only give noise), it has exactly the app's tensors, and
 * every value is finite. Tensors that are kept beside them never reach the app: what it trains from must follow from
 * the values alone, as these identify the model. If the hash differs, the whole file is fetched again, once: parts of a
 * download may have come from different sources.
 * @param download {@link modelDownload} of it, which may already hold a part
 * @throws CairnError `model-hash`, `model-malformed`, `model-unsupported`, `update-shape` naming the tensor, and what
 * {@link Download.whole} throws
 */
export async function fetchModel(
  download: Download,
  modelHash: Uint8Array,
  { primitives, layout, signal, wanted }: ModelFetch,
): Promise<Record<string, Float32Array>> {
  return (await fetchModelFile(download, modelHash, { primitives, layout, signal, wanted })).tensors;
}

/** The same, with the bytes of the file. @throws what {@link fetchModel} throws */
export async function fetchModelFile(
  download: Download,
  modelHash: Uint8Array,
  { primitives, layout, signal, wanted }: ModelFetch,
): Promise<{ readonly bytes: Uint8Array; readonly tensors: Record<string, Float32Array> }> {
  const isIt = (bytes: Uint8Array): boolean => equalBytes(primitives.sha256(bytes), modelHash);
  let bytes = await download.whole(signal, wanted);
  if (!isIt(bytes)) {
    download.discard();
    bytes = await download.whole(signal, wanted);
  }
  if (!isIt(bytes)) {
    const hash = primitives.sha256(bytes);
    throw new CairnError('model-hash', `the model received is ${short(hash)}, but the round names ${short(modelHash)}`);
  }
  const { tensors, shapes, kept } = decodeSafetensors(bytes);
  const fault = shapeFault(layout, shapes, kept);
  if (fault !== undefined) throw fault;
  assertFinite(tensors, (tensor) => new CairnError('model-malformed', `the model’s tensor "${tensor}" is not finite`));
  return { bytes, tensors };
}

/** Throws the error made by `error` if a value is NaN or infinite. */
export function assertFinite(tensors: NamedTensors, error: (tensor: string) => CairnError): void {
  for (const [name, values] of Object.entries(tensors)) {
    for (const value of values) if (!Number.isFinite(value)) throw error(name);
  }
}

const short = (hash: Uint8Array): string => `${toHex(hash.subarray(0, 8))}…`;
