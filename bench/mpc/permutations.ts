import { nodePermutation } from '../../protocol/crypto/node/index.ts';
import type { Prg, Permutation } from '../../protocol/mpc/index.ts';
import type { BlockSpeed } from '../schema.ts';
import type { Meter } from './meter.ts';

/** Bytes permuted at once: about a batch of gates. */
const BYTES = 65_536;

const PERMUTATIONS: readonly (readonly [name: string, permutation: Permutation])[] = [['node', nodePermutation]];

/** AES-128 as a permutation of blocks, by each implementation. */
export function benchPermutations(meter: Meter, prg: Prg): BlockSpeed[] {
  const [key, blocks] = [prg.bytes(16), prg.bytes(BYTES)];
  return PERMUTATIONS.map(([name, permutation]) =>
    meter.speed(`AES-128, ${name}, 64 KiB at once`, 'block', BYTES / 16, () => void permutation(key, blocks)),
  );
}
