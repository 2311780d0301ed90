import { u32le } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { unsafeSeededRandom } from '../../protocol/crypto/seeded.ts';
import { ParameterLayout, type Shapes } from '../../protocol/model/layout.ts';

/**
 * First values for declared tensors (Glorot and Bengio 2010): matrices and kernels uniform in ±√(6 / (in + out)), where
 * the last dimension counts the outputs and the others the inputs; vectors and scalars zero. The same seed gives the
 * same model.
 */
export function seededTensors(shapes: Shapes, seed: number): Record<string, Float32Array> {
  const layout = new ParameterLayout(shapes);
  const random = unsafeSeededRandom(nodePrimitives.sha256(u32le(seed)));
  const flat = new Float32Array(layout.size);
  for (const name of layout.names) {
    const shape = layout.shapeOf(name);
    if (shape.length < 2) continue;
    const values = layout.view(flat, name);
    const outputs = shape[shape.length - 1];
    const bound = Math.sqrt(6 / (values.length / outputs + outputs));
    const bytes = random(4 * values.length);
    const words = new DataView(bytes.buffer, bytes.byteOffset);
    for (let j = 0; j < values.length; j++) values[j] = bound * (words.getUint32(4 * j, true) / 2 ** 31 - 1);
  }
  return layout.unflatten(flat);
}
