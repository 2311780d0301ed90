/** Where the greatest values of a list begin. */
export interface Cut {
  /** The smallest value that is among them. */
  readonly least: number;
  /** How many are above it; the rest, up to the number asked for, equal it. */
  readonly above: number;
}

const BINS = 1 << 16;

/**
 * The cut between the `count` greatest of some values and the others, in time linear in their number. The bits of
 * floats from 0 up are in the order of the floats, so two histograms of 16 bits each find the value.
 * @param values - finite and not negative
 * @param count - from 1 to the number of values
 */
export function cutLargest(values: Float32Array, count: number): Cut {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const upper = new Uint32Array(BINS);
  for (let i = 0; i < bits.length; i++) upper[bits[i]! >>> 16]!++;
  let above = 0;
  let high = BINS - 1;
  for (; above + upper[high]! < count; high--) above += upper[high]!;
  const lower = new Uint32Array(BINS);
  for (let i = 0; i < bits.length; i++) if (bits[i]! >>> 16 === high) lower[bits[i]! & 0xffff]!++;
  let low = BINS - 1;
  for (; above + lower[low]! < count; low--) above += lower[low]!;
  const least = new Float32Array(Uint32Array.of(high * BINS + low).buffer)[0]!;
  return { least, above };
}
