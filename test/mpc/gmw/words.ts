import { type Correlations, type Demand } from '../../../protocol/mpc/dealer/index.ts';
import type { Prg } from '../../../protocol/mpc/prg.ts';
import { type Ring, ring32, ring64, type Words } from '../../../protocol/mpc/sharing/index.ts';
import { type Party, runPair } from '../../../protocol/mpc/turn.ts';
import { deal, noPermutation, type Pair, splitWords } from './dealing.ts';

/** What both rings have in common, with vectors behind closures, so that one test can be run for both. */
export const rings: readonly { readonly bits: 32 | 64; readonly ring: Ring }[] = [
  { bits: 32, ring: ring32 },
  { bits: 64, ring: ring64 },
];

/** A protocol on shares, for one party. */
export type Protocol = (party: 0 | 1, share: Words, correlations: Correlations) => Party<Words>;

/** Runs a protocol on shares with what the dealer gives, and opens its result. */
export function runShared(ring: Ring, prg: Prg, demands: readonly Demand[], shares: Pair<Words>, protocol: Protocol) {
  const dealt = deal(prg, demands);
  const parties = [protocol(0, shares[0], dealt[0]), protocol(1, shares[1], dealt[1])] as const;
  const run = runPair(...parties, noPermutation);
  return { ...run, opened: [...ring.toSigned(ring.add(...run.results))] };
}

/** {@link runShared} on uniform shares of values. */
export function runOn(ring: Ring, prg: Prg, demands: readonly Demand[], values: readonly bigint[], protocol: Protocol) {
  return runShared(ring, prg, demands, splitWords(ring, prg, ring.fromSigned(values)), protocol);
}

/** Numbers next to which something changes: zero, the ends, and powers of two, each with its neighbours, of both signs. */
export function edges(bits: number): bigint[] {
  const near = Array.from({ length: bits }, (_, exponent) => 1n << BigInt(exponent)).flatMap((power) =>
    [-1n, 0n, 1n].flatMap((by) => [power + by, -power + by]),
  );
  return [...new Set([0n, ...near].map((value) => BigInt.asIntN(bits, value)))];
}

/** Uniform signed numbers. */
export function drawn(ring: Ring, prg: Prg, count: number): bigint[] {
  return [...ring.toSigned(ring.draw(prg, count))];
}

/**
 * Shares for an exhaustive test: all pairs of shares whose upper and lower four bits are anything, and whose other bits
 * carry whatever comes from below: party 0 has zeros there, and party 1 ones.
 */
export function allShares(ring: Ring): Pair<Words> {
  const middle = (1n << BigInt(ring.bits - 4)) - 16n;
  const spread = (bits: number): bigint => (BigInt(bits >> 4) << BigInt(ring.bits - 4)) | BigInt(bits & 15);
  const of = (share: (lane: number) => bigint): Words =>
    ring.fromSigned(Array.from({ length: 2 ** 16 }, (_, lane) => BigInt.asIntN(ring.bits, share(lane))));
  return [of((lane) => spread(lane >> 8)), of((lane) => spread(lane & 255) | middle)];
}

/** Pearson's statistic of bytes against the uniform distribution: 255 on average, with a deviation of about 23. */
export function chiSquare(bytes: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte]!++;
  const expected = bytes.length / 256;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
