import { systemRandom } from '../../protocol/crypto/index.ts';

// Shamir's scheme in its simplest form: one field above 2^256, BigInt, Horner's rule for each member. It is only here
// for comparison.

/** 2^256 + 297, the smallest prime above 2^256. */
const PRIME = (1n << 256n) + 297n;

/** Shares a 32-byte secret among members 1 … n. */
export function shareByBigInt(secret: Uint8Array, threshold: number, n: number): bigint[] {
  const coefficients = [toBigInt(secret)];
  while (coefficients.length < threshold) coefficients.push(toBigInt(systemRandom(40)) % PRIME);
  return Array.from({ length: n }, (_, i) => {
    const point = BigInt(i + 1);
    let value = 0n;
    for (let j = threshold - 1; j >= 0; j--) value = (value * point + coefficients[j]!) % PRIME;
    return value;
  });
}

const toBigInt = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
