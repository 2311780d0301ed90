import { createCipheriv } from 'node:crypto';
import { chacha12, chacha20 } from '@noble/ciphers/chacha.js';
import { systemRandom } from '../../protocol/crypto/index.ts';
import { createMaskVector } from '../../protocol/kernels/index.ts';
import type { KernelSpeed } from '../schema.ts';
import { medianMs } from '../support/statistics.ts';

/** How much is measured. */
export interface Effort {
  /** Words of the vector. */
  readonly words: number;
  /** Measurements, of which the median counts. */
  readonly repeats: number;
}

/**
 * Expanding a mask and adding it to a vector: our kernels, their plain JavaScript versions, and straightforward code
 * without them.
 */
export function benchStreams(effort: Effort): KernelSpeed[] {
  return [...ours(effort), ...noble(effort), ...native(effort)];
}

/** GB/s of 32-bit words. */
export function speed(name: string, { words, repeats }: Effort, work: () => void): KernelSpeed {
  return { name, gbPerS: (4 * words) / 1e6 / medianMs(repeats, work) };
}

function ours(effort: Effort): KernelSpeed[] {
  const key = systemRandom(32);
  return ([12, 20] as const).flatMap((rounds) =>
    (['wasm', 'plain'] as const).map((kernel) => {
      const vector = createMaskVector(effort.words, { kernel });
      const result = speed(`ChaCha${rounds} ${kernel}`, effort, () => vector.addMask(key, 1, rounds));
      vector.wipe();
      return result;
    }),
  );
}

function noble(effort: Effort): KernelSpeed[] {
  const key = systemRandom(32);
  const nonce = new Uint8Array(12);
  const sum = new Uint32Array(effort.words);
  return ([12, 20] as const).map((rounds) => {
    const stream = rounds === 12 ? chacha12 : chacha20;
    return speed(`ChaCha${rounds} noble + JavaScript add`, effort, () =>
      add(sum, stream(key, nonce, new Uint8Array(4 * effort.words))),
    );
  });
}

function native(effort: Effort): KernelSpeed[] {
  const zeros = new Uint8Array(4 * effort.words);
  const sum = new Uint32Array(effort.words);
  return (['aes-128-ctr', 'chacha20'] as const).map((cipher) => {
    const key = systemRandom(cipher === 'chacha20' ? 32 : 16);
    return speed(`node:crypto ${cipher} + JavaScript add`, effort, () =>
      add(sum, createCipheriv(cipher, key, new Uint8Array(16)).update(zeros)),
    );
  });
}

function add(sum: Uint32Array, stream: Uint8Array): void {
  const words = new Uint32Array(stream.buffer, stream.byteOffset, sum.length);
  for (let i = 0; i < sum.length; i++) sum[i]! += words[i]!;
}
