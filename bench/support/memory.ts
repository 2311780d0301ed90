/** The peak resident set size of this process so far, in 10^6 bytes. */
export function peakRssMB(): number {
  return Math.round((process.resourceUsage().maxRSS * 1024) / 1e5) / 10;
}
