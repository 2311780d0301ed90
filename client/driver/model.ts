import { equalBytes, toHex } from '../../protocol/crypto/bytes.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { NamedTensors, ParameterLayout, Shapes } from '../../protocol/model/layout.ts';
import { maxBesideValues } from '../../protocol/model/safetensors-frame.ts';
import { decodeSafetensors, type DecodedModel } from '../../protocol/model/safetensors.ts';
import { fetchBytes } from '../transport/http.ts';
import type { Address } from '../transport/transport.ts';

const TIMEOUT_MS = 120_000;

/**
 * Fetches the model that a round starts from, and believes nothing of it that was not checked: its SHA-256 is the one
 * that the settings name (and with them the session id, so that another model could only give noise), it has just the
 * app's tensors, and every value is finite. Tensors that are kept beside them never reach the app: what it trains from
 * must follow from the values alone, as the model is known by these.
 * @throws CairnError `model-hash`, `model-malformed`, `model-unsupported`, `update-shape` naming the tensor,
 * `unreachable`, `wire-bounds`
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
    limit: 4 * layout.size + maxBesideValues(layout.size),
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  const hash = primitives.sha256(bytes);
  if (!equalBytes(hash, modelHash)) {
    throw new CairnError('model-hash', `the model that came is ${short(hash)}, the round names ${short(modelHash)}`);
  }
  const { tensors, shapes, kept } = decodeSafetensors(bytes);
  assertSameShapes(layout, shapes, kept);
  assertFinite(tensors, (tensor) => new CairnError('model-malformed', `the model’s tensor "${tensor}" is not finite`));
  return tensors;
}

/** Calls for an error where a value is NaN or infinite. */
export function assertFinite(tensors: NamedTensors, error: (tensor: string) => CairnError): void {
  for (const [name, values] of Object.entries(tensors)) {
    for (const value of values) if (!Number.isFinite(value)) throw error(name);
  }
}

function assertSameShapes(layout: ParameterLayout, shapes: Shapes, kept: DecodedModel['kept']): void {
  const refuse = (text: string): CairnError =>
    new CairnError('update-shape', text, { hint: 'give this client the model that the task trains' });
  for (const name of Object.keys(shapes)) {
    if (!layout.names.includes(name)) throw refuse(`the task’s model has a tensor "${name}" that this app has not`);
  }
  for (const name of layout.names) {
    if (Object.hasOwn(kept, name)) {
      throw new CairnError(
        'update-shape',
        `tensor "${name}" has type ${kept[name].dtype} in the task’s model: it is carried along and not trained`,
        { hint: 'leave it out of the app’s shapes' },
      );
    }
    if (!Object.hasOwn(shapes, name)) throw refuse(`the task’s model has no tensor "${name}", which this app has`);
    const [own, other] = [layout.shapeOf(name), shapes[name]].map(shapeText);
    if (own !== other) throw refuse(`tensor "${name}" is ${other} in the task’s model and ${own} in this app`);
  }
}

const shapeText = (shape: readonly number[]): string => shape.join('×') || 'a scalar';
const short = (hash: Uint8Array): string => `${toHex(hash.subarray(0, 8))}…`;
