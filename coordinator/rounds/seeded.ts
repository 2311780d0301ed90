import { u32le, unsafeSeededRandom } from '../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { ParameterLayout, type Shapes } from '../../protocol/model/index.ts';

/**
 * Vectors that begin at one: a normalisation's factors and running variances, by the engine's, PyTorch's or Keras's
 * names.
 */
const ONES = new Set(['gamma', 'variance', 'running_var', 'moving_variance']);

/**
 * Whether a vector begins at one. With factors of zero nothing below a normalisation has a gradient, and the model
 * would never learn. A vector `weight` holds factors if there is a `bias` of the same shape beside it.
 */
function beginsAtOne(shapes: Shapes, name: string): boolean {
  const end = 1 + name.lastIndexOf('.');
  const last = name.slice(end);
  if (last !== 'weight') return ONES.has(last);
  const bias = `${name.slice(0, end)}bias`;
  return Object.hasOwn(shapes, bias) && shapes[bias]!.length === 1 && shapes[bias]![0] === shapes[name]![0];
}

/**
 * Initial values for declared tensors (Glorot and Bengio 2010): matrices and kernels uniform in ±√(6 / (in + out)),
 * where the last dimension counts the outputs and the others the inputs; factors and running variances of a
 * normalisation, known by their names, one; all other vectors and scalars zero. The same seed gives the same model.
 */
export function seededTensors(shapes: Shapes, seed: number): Record<string, Float32Array> {
  const layout = new ParameterLayout(shapes);
  const random = unsafeSeededRandom(nodePrimitives.sha256(u32le(seed)));
  const flat = new Float32Array(layout.size);
  for (const name of layout.names) {
    const shape = layout.shapeOf(name);
    const values = layout.view(flat, name);
    if (shape.length < 2) {
      if (shape.length === 1 && beginsAtOne(shapes, name)) values.fill(1);
      continue;
    }
    const outputs = shape[shape.length - 1]!;
    const bound = Math.sqrt(6 / (values.length / outputs + outputs));
    const bytes = random(4 * values.length);
    const words = new DataView(bytes.buffer, bytes.byteOffset);
    for (let j = 0; j < values.length; j++) values[j] = bound * (words.getUint32(4 * j, true) / 2 ** 31 - 1);
  }
  return layout.unflatten(flat);
}
