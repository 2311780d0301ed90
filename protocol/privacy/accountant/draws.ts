import { logBinomial } from '../../schemes/secagg/parameters/hypergeometric.ts';

/** P[Bin(n, q) = k]; 0 if k lies outside 0…n. */
function binomial(n: number, q: number, k: number): number {
  return Math.exp(logBinomial(n, k) + (k === 0 ? 0 : k * Math.log(q)) + (k === n ? 0 : (n - k) * Math.log1p(-q)));
}

/**
 * What a limit on the number of members drawn adds to δ. If fewer than `least` or more than `most` are drawn there is
 * no result, and whether there is one reveals a member exactly if the others were `least` − 1 or `most`: with the
 * member there is a result or none, and without it the reverse. In all other cases the two worlds are alike.
 * @param n members, each drawn with probability `rate`, the one in question among them
 */
export function drawDefect(n: number, rate: number, least: number, most: number): number {
  return rate * (binomial(n - 1, rate, least - 1) + binomial(n - 1, rate, most));
}
