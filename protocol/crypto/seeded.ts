import { ChaChaStream } from './chacha.ts';
import type { RandomSource } from './random.ts';

/**
 * A deterministic source of bytes: the ChaCha20 keystream of a 32-byte seed, continued from call to call. For
 * simulations and test vectors only: a party that knows the seed knows every key and mask drawn from it. In production
 * use {@link systemRandom} of random.ts.
 * @throws CairnError `key-invalid` for a seed that is not 32 bytes
 */
export function unsafeSeededRandom(seed: Uint8Array): RandomSource {
  const stream = new ChaChaStream(seed, 20);
  let word = 0;
  let left = 0;
  return (length) => {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      if (left === 0) {
        word = stream.nextWord();
        left = 4;
      }
      bytes[i] = word;
      word >>>= 8;
      left--;
    }
    return bytes;
  };
}
