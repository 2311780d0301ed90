/** The middle value; the mean of the two middle ones for an even number. NaN for none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median milliseconds of one call, over `repeats` measurements after one that is not counted. */
export function medianMs(repeats: number, work: () => void): number {
  work();
  const times = Array.from({ length: repeats }, () => {
    const from = performance.now();
    work();
    return performance.now() - from;
  });
  return median(times);
}

/** The median of each entry of several records with the same keys. */
export function medianOfEach<Key extends string>(
  records: readonly Readonly<Record<Key, number>>[],
  keys: readonly Key[],
): Record<Key, number> {
  const entries = keys.map((key): [Key, number] => [key, median(records.map((record) => record[key]))]);
  return Object.fromEntries(entries) as Record<Key, number>;
}

/** The sum of a record's values. */
export function total(record: Readonly<Record<string, number>>): number {
  return Object.values(record).reduce((sum, value) => sum + value, 0);
}

/** Milliseconds to three decimals: no more than a clock can resolve, and readable in a file. */
export function rounded<Key extends string>(record: Readonly<Record<Key, number>>): Record<Key, number> {
  const entries = Object.entries<number>(record).map(([key, value]) => [key, roundMs(value)] as const);
  return Object.fromEntries(entries) as Record<Key, number>;
}

/** A number to three decimals. */
export const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000;
