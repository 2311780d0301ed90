import { CairnError } from '../../protocol/errors.ts';
import { type DecodedModel, decodeSafetensors, encodeSafetensors } from '../../protocol/model/index.ts';
import { type NamedTensor, NetworkBuilder, type TensorSource } from './build.ts';
import { type LayerDescription, type NetworkDescription, parseDescription, readDescription } from './description.ts';
import type { Network } from './types.ts';

/** The key of a model file's metadata that holds its network's description. */
const KEY = 'network';

/** The tensors of a model by name. */
function tensorsOf({ tensors, shapes }: Pick<DecodedModel, 'tensors' | 'shapes'>): TensorSource {
  return (name) => (Object.hasOwn(tensors, name) ? { shape: shapes[name]!, values: tensors[name]! } : undefined);
}

function found(source: TensorSource, label: string, name: string): NamedTensor {
  const tensor = source(name);
  if (tensor !== undefined) return tensor;
  throw new CairnError('network-malformed', `${label}: the model has no tensor of floats named "${name}"`);
}

function addLayer(builder: NetworkBuilder, layer: LayerDescription, source: TensorSource): void {
  const label = builder.labelOf(layer.kind, 'weight' in layer ? layer.weight : undefined);
  switch (layer.kind) {
    case 'dense':
    case 'conv2d': {
      const weights = found(source, label, layer.weight);
      const bias = layer.bias === undefined ? undefined : found(source, label, layer.bias);
      if (layer.kind === 'dense') builder.dense(label, weights, bias);
      else builder.conv2d(label, weights, bias, { stride: layer.stride ?? 1, padding: layer.padding ?? 0 });
      return;
    }
    case 'maxPool':
    case 'averagePool':
      builder.pool(label, layer.kind, layer.size, layer.stride ?? layer.size);
      return;
    case 'flatten':
      builder.flatten(label);
      return;
    case 'argmax':
      builder.argmax(label);
      return;
    default:
      builder.elementwise(label, layer.kind);
  }
}

/**
 * A network from its description and the model's tensors.
 * @throws CairnError `network-malformed` if they do not fit, naming the layer; `network-unsupported` beyond the limits
 */
export function buildNetwork(
  description: NetworkDescription,
  model: Pick<DecodedModel, 'tensors' | 'shapes'>,
): Network {
  const { input, layers, classes } = parseDescription(description);
  const builder = new NetworkBuilder(input.shape, input.range);
  for (const layer of layers) addLayer(builder, layer, tensorsOf(model));
  return builder.build(classes ?? []);
}

/**
 * Reads a network from a safetensors file.
 * @param file the whole file
 * @param beside the text of a description beside the file, which counts before the one in its metadata
 * @throws CairnError `model-malformed` or `model-unsupported` for the file, `network-malformed` without a description or
 * for one that is wrong or does not fit the tensors, `network-unsupported` beyond the limits
 */
export function readNetwork(file: Uint8Array, beside?: string): Network {
  const model = decodeSafetensors(file);
  const inside = Object.hasOwn(model.metadata, KEY) ? model.metadata[KEY] : undefined;
  const text = beside ?? inside;
  if (text === undefined) {
    throw new CairnError('network-malformed', 'the model’s file does not say which layers its tensors belong to', {
      hint: `put a description beside it, or its text into the metadata under "${KEY}"`,
    });
  }
  const what = beside === undefined ? `the metadata "${KEY}"` : 'the description beside the model';
  return buildNetwork(readDescription(text, what), model);
}

/**
 * A copy of a model's file whose metadata describe its network; all else in it stays as it is.
 * @param file a safetensors file
 * @throws CairnError as {@link readNetwork} does if the description does not fit the file
 */
export function describeNetwork(file: Uint8Array, description: NetworkDescription): Uint8Array<ArrayBuffer> {
  const { tensors, shapes, metadata, kept } = decodeSafetensors(file);
  buildNetwork(description, { tensors, shapes });
  return encodeSafetensors(tensors, shapes, { ...metadata, [KEY]: JSON.stringify(description) }, kept);
}
