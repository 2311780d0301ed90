import { encodeUpdate, minModulusBits } from '../../protocol/quantize/index.ts';
import { systemRandom } from '../../protocol/crypto/index.ts';
import { createMaskVector } from '../../protocol/kernels/index.ts';
import { virtualSettings } from '../../simulations/index.ts';
import type { KernelSpeed } from '../schema.ts';
import { type Effort, speed } from './streams.ts';

const COHORT = 1000;

/** Other work on whole vectors, in GB/s of 32-bit words: packing, adding packed ones, quantizing. */
export function benchVectors(effort: Effort): KernelSpeed[] {
  const { words } = effort;
  const bits = minModulusBits(16, COHORT);
  const values = new Uint32Array(systemRandom(4 * words).buffer);
  const speeds = (['wasm', 'plain'] as const).flatMap((kernel) => {
    const vector = createMaskVector(words, { kernel });
    vector.addValues(values);
    const packed = vector.toPacked(bits);
    const result = [
      speed(`add words ${kernel}`, effort, () => vector.addValues(values)),
      speed(`pack to ${bits} bits ${kernel}`, effort, () => vector.toPacked(bits)),
      speed(`add packed ${bits} bits ${kernel}`, effort, () => vector.addPacked(packed, bits)),
    ];
    vector.wipe();
    return result;
  });
  return [...speeds, quantize(effort)];
}

function quantize(effort: Effort): KernelSpeed {
  const scheme = virtualSettings(systemRandom, { dimension: effort.words, maxCohort: COHORT });
  const update = Float32Array.from({ length: effort.words }, (_, i) => Math.sin(i) / effort.words);
  const local = { update, examples: 100, loss: 1, accuracy: 0.5 };
  return speed('clip, weigh and quantize', effort, () => encodeUpdate(scheme, local, systemRandom));
}
