import { type Ring, ring32, ring64 } from '../sharing/index.ts';

/** The ring of a width, for vectors that only it makes and takes. */
export function ringOf(bits: 32 | 64): Ring {
  return bits === 32 ? ring32 : ring64;
}
