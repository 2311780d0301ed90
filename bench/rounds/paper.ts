/** Bonawitz et al. 2017, totals in milliseconds at 10^5 entries, curious model, complete graph: by n, then by drop. */
const CLIENT_MS: Readonly<Record<number, number>> = { 500: 849, 1000: 1699 };
const SERVER_MS: Readonly<Record<number, Readonly<Record<number, number>>>> = {
  500: { 0: 2018, 0.1: 62_239, 0.3: 143_389 },
  1000: { 0: 4887, 0.1: 180_875, 0.3: 413_767 },
};
const ENTRIES = 100_000;

/** What the paper reports, whatever our graph is; null if it reports nothing. */
export function paperMs(shape: { readonly n: number; readonly d: number; readonly drop: number }): {
  readonly client: number | null;
  readonly server: number | null;
} {
  if (shape.d !== ENTRIES) return { client: null, server: null };
  const known = <T>(record: Readonly<Record<number, T>> | undefined, key: number): T | undefined => record?.[key];
  return {
    client: known(CLIENT_MS, shape.n) ?? null,
    server: known(known(SERVER_MS, shape.n), shape.drop) ?? null,
  };
}

/** A client's traffic by the paper's formula, sent and received: 512 n + 256 (5n − 4) + m ⌈log2 R⌉ bits. */
export function paperBytes(n: number, entries: number, modulusBits: number): number {
  return Math.ceil((512 * n + 256 * (5 * n - 4) + entries * modulusBits) / 8);
}
