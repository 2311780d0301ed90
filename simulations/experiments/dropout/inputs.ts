import type { RandomSource } from '../../../protocol/crypto/random.ts';
import type { MemberId } from '../../../protocol/ids.ts';

/** Sets the members' vectors apart; odd, so that no two members of a round have the same one. */
const STEP = 0x9e37_79b1;

/**
 * Quantized vectors for every member, all over the range that inputBits allow. They come from one vector of random words,
 * so that making one takes a fraction of what masking it does, and none needs to be kept.
 */
export function virtualInputs(
  random: RandomSource,
  length: number,
  { inputBits, modulusBits }: { readonly inputBits: number; readonly modulusBits: number },
): (member: MemberId) => Uint32Array {
  const base = new Uint32Array(random(4 * length).buffer, 0, length);
  const top = 2 ** (inputBits - 1) - 1;
  const unused = 32 - inputBits;
  const modulus = modulusBits === 32 ? 0xffff_ffff : 2 ** modulusBits - 1;
  return (member) => {
    const step = Math.imul(STEP, member);
    const values = new Uint32Array(length);
    for (let i = 0; i < length; i++) {
      const word = (base[i]! + step) >>> unused;
      values[i] = ((word > 2 * top ? 0 : word) - top) & modulus;
    }
    return values;
  };
}
