import { ChaChaStream } from '../../crypto/chacha.ts';
import type { Signs, Transform } from '../types.ts';

function scaleAndSign(values: Float32Array, factor: number, signs: Signs | undefined): void {
  if (signs === undefined) {
    for (let i = 0; i < values.length; i++) values[i]! *= factor;
    return;
  }
  const stream = new ChaChaStream(signs.key, signs.rounds);
  let word = 0;
  for (let i = 0; i < values.length; i++) {
    if (i % 32 === 0) word = stream.nextWord();
    values[i]! *= (word & 1) === 1 ? -factor : factor;
    word >>>= 1;
  }
  stream.wipe();
}

/** log2(n) stages: in each, pairs `stride` apart become their sum and their difference. */
function addStages(values: Float32Array): void {
  const { length } = values;
  for (let stride = 1; stride < length; stride *= 2) {
    for (let block = 0; block < length; block += 2 * stride) {
      for (let i = block; i < block + stride; i++) {
        const a = values[i]!;
        const b = values[i + stride]!;
        values[i] = a + b;
        values[i + stride] = a - b;
      }
    }
  }
}

/**
 * The twin of the wasm kernel: see rotate in ../rotation.ts. A sum, difference or product of two 32-bit floats that is
 * computed in doubles and then stored as a float has the bits of the same operation on floats.
 */
export function plainTransform(values: Float32Array, { factor, signs, order }: Transform): void {
  if (order === 'signs-first') scaleAndSign(values, factor, signs);
  addStages(values);
  if (order === 'signs-last') scaleAndSign(values, factor, signs);
}
