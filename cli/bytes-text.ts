/** A number of bytes for display. */
export function bytesText(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1_000_000) return `${(count / 1000).toFixed(1)} kB`;
  return count < 1e9 ? `${(count / 1e6).toFixed(2)} MB` : `${(count / 1e9).toFixed(2)} GB`;
}

/** Bytes as megabytes of 10^6, as `--json` has them. */
export const megabytes = (count: number): number => Number((count / 1e6).toFixed(6));
