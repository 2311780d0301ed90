/**
 * What Bonawitz et al. 2017 report for 100 000 entries on the complete graph, curious model, drops just before the masked
 * input: milliseconds of single-threaded Java on a Xeon E5-1650 v3.
 */
interface PaperTimes {
  /** Of one client; the same whoever drops. */
  readonly clientMs: number;
  readonly serverMs: number;
}

const ENTRIES = 100_000;
const CLIENT_MS: Readonly<Record<number, number | undefined>> = { 500: 849, 1000: 1699 };
const SERVER_MS: Readonly<Record<number, Readonly<Record<string, number | undefined>> | undefined>> = {
  500: { '0': 2018, '0.1': 62_239, '0.3': 143_389 },
  1000: { '0': 4887, '0.1': 180_875, '0.3': 413_767 },
};

/** What the paper reports for a round of this kind, on its complete graph whatever ours is; undefined where nothing. */
export function paperTimes(round: {
  readonly clients: number;
  readonly dim: number;
  readonly dropout: number;
  readonly state: string;
}): PaperTimes | undefined {
  const clientMs = CLIENT_MS[round.clients];
  const serverMs = SERVER_MS[round.clients]?.[String(round.dropout)];
  if (round.dim !== ENTRIES || round.state !== 'masked-input' || clientMs === undefined || serverMs === undefined)
    return undefined;
  return { clientMs, serverMs };
}

/** A client's traffic by the paper's formula, sent and received together: 512 n + 256 (5n − 4) + m·⌈log2 R⌉ bits. */
export function paperBytes(clients: number, words: number, modulusBits: number): number {
  return Math.ceil((512 * clients + 256 * (5 * clients - 4) + words * modulusBits) / 8);
}
