import { equalBytes, toHex } from '../../protocol/crypto/bytes.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { NamedTensors, ParameterLayout } from '../../protocol/model/layout.ts';
import { decodeSafetensors } from '../../protocol/model/safetensors.ts';
import { fetchBytes } from '../transport/http.ts';
import type { Address } from '../transport/transport.ts';
import { shapeFault } from './shape-fault.ts';

/** Bytes that a model file may have beyond its values: header and metadata. */
const HEADER_ALLOWANCE = 2 ** 20 + 8;
const TIMEOUT_MS = 120_000;

/**
 * Fetches the model that a round starts from, and believes nothing of it that was not checked: its SHA-256 is the one
 * that the settings name (and with them the session id, so that another model could only give noise), it has just the
 * app's tensors, and every value is finite.
 * @throws CairnError `model-hash`, `model-malformed`, `update-shape` naming the tensor, `unreachable`, `wire-bounds`
 */
export async function fetchModel(
  address: Address,
  primitives: Primitives,
  modelHash: Uint8Array,
  layout: ParameterLayout,
  signal: AbortSignal,
): Promise<Record<string, Float32Array>> {
  const bytes = await fetchBytes(address, {
    path: `v1/models/${toHex(modelHash)}`,
    limit: 4 * layout.size + HEADER_ALLOWANCE,
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  const hash = primitives.sha256(bytes);
  if (!equalBytes(hash, modelHash)) {
    throw new CairnError('model-hash', `the model that came is ${short(hash)}, the round names ${short(modelHash)}`);
  }
  const { tensors, shapes } = decodeSafetensors(bytes);
  const fault = shapeFault(layout, shapes);
  if (fault !== undefined) throw fault;
  assertFinite(tensors, (tensor) => new CairnError('model-malformed', `the model’s tensor "${tensor}" is not finite`));
  return tensors;
}

/** Calls for an error where a value is NaN or infinite. */
export function assertFinite(tensors: NamedTensors, error: (tensor: string) => CairnError): void {
  for (const [name, values] of Object.entries(tensors)) {
    for (const value of values) if (!Number.isFinite(value)) throw error(name);
  }
}

const short = (hash: Uint8Array): string => `${toHex(hash.subarray(0, 8))}…`;
