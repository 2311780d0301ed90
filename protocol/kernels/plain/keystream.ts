import { BLOCK_WORDS, chachaBlock, chachaKeyWords } from '../../crypto/chacha.ts';
import type { ChaChaRounds } from '../../crypto/chacha.ts';

/**
 * `count` words from the middle of a ChaCha stream, from word `first` on. The caller wipes them.
 * @throws CairnError `key-invalid` for a key that is not 32 bytes
 */
export function keystreamWords(key: Uint8Array, rounds: ChaChaRounds, first: number, count: number): Uint32Array {
  const keyWords = chachaKeyWords(key);
  const begin = Math.floor(first / BLOCK_WORDS);
  const blocks = Math.ceil((first + count) / BLOCK_WORDS) - begin;
  const drawn = new Uint32Array(blocks * BLOCK_WORDS);
  for (let i = 0; i < blocks; i++) chachaBlock(keyWords, begin + i, rounds, drawn, i * BLOCK_WORDS);
  const offset = first - begin * BLOCK_WORDS;
  const words = drawn.slice(offset, offset + count);
  keyWords.fill(0);
  drawn.fill(0);
  return words;
}
