import { nodePermutation } from '../../protocol/crypto/node/index.ts';
import type { Prg } from '../../protocol/mpc/index.ts';
import { portablePermutation, webCryptoPermutation } from '../../protocol/mpc/permutation/index.ts';
import type { BlockSpeed } from '../schema.ts';
import type { Meter } from './meter.ts';

/** Bytes permuted at once: about a batch of gates, and what WebCrypto needs to be quick. */
const SIZES = [65_536, 262_144];

/** AES-128 as a permutation of blocks, by each implementation. */
export async function benchPermutations(meter: Meter, prg: Prg): Promise<BlockSpeed[]> {
  const key = prg.bytes(16);
  const webCrypto = webCryptoPermutation(crypto.subtle);
  const speeds: BlockSpeed[] = [];
  for (const bytes of SIZES) {
    const blocks = prg.bytes(bytes);
    const name = (by: string): string => `AES-128, ${by}, ${bytes / 1024} KiB at once`;
    const count = bytes / 16;
    speeds.push(
      meter.speed(name('node'), 'block', count, () => void nodePermutation(key, blocks)),
      meter.speed(name('portable'), 'block', count, () => void portablePermutation(key, blocks)),
      await meter.speedLater(name('WebCrypto'), 'block', count, () => webCrypto(key, blocks)),
    );
  }
  return speeds;
}
