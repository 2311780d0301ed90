/** A number of bytes for display. */
export function bytesText(count: number): string {
  if (count < 1000) return `${count} B`;
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(2)} MB`;
}

/** Bytes as megabytes of 10^6, as `--json` has them. */
export const megabytes = (count: number): number => Number((count / 1e6).toFixed(6));
