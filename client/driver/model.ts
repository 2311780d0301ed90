import { equalBytes, toHex } from '../../protocol/crypto/bytes.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { NamedTensors, ParameterLayout, Shapes } from '../../protocol/model/layout.ts';
import { decodeSafetensors } from '../../protocol/model/safetensors.ts';
import { fetchBytes } from '../transport/http.ts';
import type { Address } from '../transport/transport.ts';

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
  return (await fetchModelFile(address, primitives, modelHash, layout, signal)).tensors;
}

/** The same, with the bytes of the file. @throws what {@link fetchModel} throws */
export async function fetchModelFile(
  address: Address,
  primitives: Primitives,
  modelHash: Uint8Array,
  layout: ParameterLayout,
  signal: AbortSignal,
): Promise<{ readonly bytes: Uint8Array; readonly tensors: Record<string, Float32Array> }> {
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
  assertSameShapes(layout, shapes);
  assertFinite(tensors, (tensor) => new CairnError('model-malformed', `the model’s tensor "${tensor}" is not finite`));
  return { bytes, tensors };
}

/** Calls for an error where a value is NaN or infinite. */
export function assertFinite(tensors: NamedTensors, error: (tensor: string) => CairnError): void {
  for (const [name, values] of Object.entries(tensors)) {
    for (const value of values) if (!Number.isFinite(value)) throw error(name);
  }
}

function assertSameShapes(layout: ParameterLayout, shapes: Shapes): void {
  const refuse = (text: string): CairnError =>
    new CairnError('update-shape', text, { hint: 'give this client the model that the task trains' });
  for (const name of Object.keys(shapes)) {
    if (!layout.names.includes(name)) throw refuse(`the task’s model has a tensor "${name}" that this app has not`);
  }
  for (const name of layout.names) {
    if (!Object.hasOwn(shapes, name)) throw refuse(`the task’s model has no tensor "${name}", which this app has`);
    const [own, other] = [layout.shapeOf(name), shapes[name]].map(shapeText);
    if (own !== other) throw refuse(`tensor "${name}" is ${other} in the task’s model and ${own} in this app`);
  }
}

const shapeText = (shape: readonly number[]): string => shape.join('×') || 'a scalar';
const short = (hash: Uint8Array): string => `${toHex(hash.subarray(0, 8))}…`;
