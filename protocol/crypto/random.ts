/**
 * A source of `length` uniformly random bytes. The protocol draws no randomness itself: sessions are given this, a
 * CSPRNG in production, and a seeded stream in simulations and vectors.
 */
export type RandomSource = (length: number) => Uint8Array;

/** Bytes that one call of WebCrypto's getRandomValues may fill. */
const QUOTA = 65_536;

/** The platform's CSPRNG (WebCrypto, in Node and in browsers alike). */
export const systemRandom: RandomSource = (length) => {
  const bytes = new Uint8Array(length);
  for (let offset = 0; offset < length; offset += QUOTA) {
    globalThis.crypto.getRandomValues(bytes.subarray(offset, Math.min(offset + QUOTA, length)));
  }
  return bytes;
};
