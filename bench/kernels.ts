import { chacha12, chacha20 } from '@noble/ciphers/chacha.js';
import { createMaskVector } from '../protocol/kernels/index.ts';
import { systemRandom } from '../protocol/crypto/random.ts';
import { medianMs } from './statistics.ts';

/** Speed of expanding a mask and adding it to a vector. */
export interface KernelSpeed {
  readonly name: string;
  /** Bytes of mask words a second, in units of 10^9. */
  readonly gbPerS: number;
}

const WORDS = 100_000;
const REPEATS = 31;

/** Expand-and-add of 10^5 words by our kernels, their plain twins, and noble's stream with an addition in JavaScript. */
export function benchKernels(): KernelSpeed[] {
  const key = systemRandom(32);
  const speed = (name: string, work: () => void): KernelSpeed => ({
    name,
    gbPerS: (4 * WORDS) / 1e6 / medianMs(REPEATS, work),
  });
  const speeds: KernelSpeed[] = [];
  for (const rounds of [12, 20] as const) {
    for (const kernel of ['wasm', 'plain'] as const) {
      const vector = createMaskVector(WORDS, { kernel });
      speeds.push(speed(`ChaCha${rounds} ${kernel}`, () => vector.addMask(key, 1, rounds)));
      vector.wipe();
    }
    const stream = rounds === 12 ? chacha12 : chacha20;
    const sum = new Uint32Array(WORDS);
    speeds.push(
      speed(`ChaCha${rounds} noble + JavaScript add`, () => {
        const bytes = stream(key, new Uint8Array(12), new Uint8Array(4 * WORDS));
        const words = new Uint32Array(bytes.buffer, bytes.byteOffset, WORDS);
        for (let i = 0; i < WORDS; i++) sum[i] += words[i];
      }),
    );
  }
  return speeds;
}
