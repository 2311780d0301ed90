import { toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { DecodedModel, ParameterLayout, Shapes } from '../../protocol/model/index.ts';
import { apiUrl } from '../transport/address.ts';
import type { Address } from '../transport/transport.ts';

/** The likely fault: an app is made for one model, and a task seldom changes its own. */
const HINT =
  'most likely this app is for another model: give this client the task’s app; if other members are refused too, the coordinator’s operator has set up the wrong model';

const shapeText = (shape: readonly number[]): string => shape.join('×') || 'a scalar';

/**
 * The first tensor in which a task's model and this client's app differ.
 * @param shapes of the task's model
 * @param kept tensors that its file contains but that are not trained
 * @returns `update-shape` naming the tensor and both shapes; undefined if there is no difference
 */
export function shapeFault(
  layout: ParameterLayout,
  shapes: Shapes,
  kept: DecodedModel['kept'] = {},
): CairnError | undefined {
  const fault = (text: string): CairnError => new CairnError('update-shape', text, { hint: HINT });
  for (const [name, shape] of Object.entries(shapes)) {
    if (layout.names.includes(name)) continue;
    const own = `this app has ${layout.names.slice(0, 8).join(', ')}`;
    return fault(`the task’s model has a tensor "${name}" (${shapeText(shape)}) that this app does not have: ${own}`);
  }
  for (const name of layout.names) {
    if (Object.hasOwn(kept, name)) {
      return new CairnError(
        'update-shape',
        `tensor "${name}" has type ${kept[name]!.dtype} in the task’s model: it is kept but not trained`,
        { hint: 'leave it out of the app’s shapes' },
      );
    }
    const own = shapeText(layout.shapeOf(name));
    if (!Object.hasOwn(shapes, name)) {
      return fault(`the task’s model has no tensor "${name}", which this app has (${own})`);
    }
    const other = shapeText(shapes[name]!);
    if (own !== other) return fault(`tensor "${name}" is ${other} in the task’s model and ${own} in this app`);
  }
  return undefined;
}

/**
 * Why a task's model of a different size does not fit: with the tensor's name if the coordinator still serves the head
 * of the file, otherwise with both sizes. Nothing depends on what it says: the round is refused either way.
 * @param dimension - parameters of the task's model, by the round's settings
 */
export async function sizeFault(
  { address, layout }: { readonly address: Address; readonly layout: ParameterLayout },
  { dimension, modelHash }: { readonly dimension: number; readonly modelHash: Uint8Array },
  signal: AbortSignal,
): Promise<CairnError> {
  const sizes = `the task’s model has ${dimension} parameters, this app’s ${layout.size}`;
  const shapes = await headShapes(address, modelHash, signal).catch(() => undefined);
  const fault = shapes === undefined ? undefined : shapeFault(layout, shapes);
  return new CairnError('update-shape', fault === undefined ? sizes : `${sizes}: ${fault.message}`, { hint: HINT });
}

/** Bytes of a file's head that are read for an error message, and how long to wait for them. */
const MAX_HEAD = 2 ** 20;
const TIMEOUT_MS = 10_000;

/** Types of tensors that become parameters. */
const TRAINED: ReadonlySet<unknown> = new Set(['F16', 'BF16', 'F32', 'F64']);

/** The shapes in the header of a model file, of which no more than that is fetched. Throws on any failure. */
async function headShapes(address: Address, modelHash: Uint8Array, signal: AbortSignal): Promise<Shapes | undefined> {
  const enough = new AbortController();
  try {
    const response = await fetch(apiUrl(address, `v1/models/${toHex(modelHash)}`), {
      redirect: 'error',
      signal: AbortSignal.any([signal, enough.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: { accept: 'application/octet-stream' },
    });
    const reader = response.ok ? response.body?.getReader() : undefined;
    let bytes = new Uint8Array();
    while (reader !== undefined) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      bytes = joined(bytes, value);
      if (bytes.length < 8) continue;
      const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      if (length > MAX_HEAD) return undefined;
      if (bytes.length >= 8 + length)
        return shapesIn(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))));
    }
    return undefined;
  } finally {
    enough.abort();
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** Entries of a header that are trained: the others are only kept, and the file's free text has no shape. */
function shapesIn(header: unknown): Shapes | undefined {
  if (typeof header !== 'object' || header === null) return undefined;
  const found: Record<string, readonly number[]> = {};
  for (const [name, entry] of Object.entries(header as Readonly<Record<string, unknown>>)) {
    const { shape, dtype } = (entry ?? {}) as { readonly shape?: unknown; readonly dtype?: unknown };
    if (!TRAINED.has(dtype)) continue;
    if (Array.isArray(shape) && shape.every((extent) => typeof extent === 'number')) found[name] = shape;
  }
  return found;
}
