/** How often an honest run may fail a test by chance; seeds are fixed, so that none does tomorrow if none does today. */
const FALSE_ALARM = 1e-6;

/** What a statistic comes to, as a share of the limit that uniform bits exceed with {@link FALSE_ALARM}. */
export interface Deviation {
  /** Pearson's statistic over all bits. */
  readonly sum: number;
  /** The one bit that is furthest from half. */
  readonly bit: number;
  /** Pearson's statistic of the values of all bytes. */
  readonly bytes: number;
}

/** The largest of a deviation's parts: at most 1 for what may be uniform. */
export const worst = ({ sum, bit, bytes }: Deviation): number => Math.max(sum, bit, bytes);

/**
 * How far samples are from uniform bits.
 * @param samples strings of one length, drawn independently; 64 or more of them
 */
export function deviationOf(samples: readonly Uint8Array[]): Deviation {
  const bits = 8 * samples[0]!.length;
  const ones = new Uint32Array(bits);
  const values = new Uint32Array(256);
  for (const sample of samples) {
    if (8 * sample.length !== bits) throw new Error('samples of different lengths');
    countInto(ones, sample);
    for (const byte of sample) values[byte]!++;
  }
  // Each bit's (2 · ones − n)² / n has a χ² distribution of one degree of freedom.
  const squares = Array.from(ones, (count) => (2 * count - samples.length) ** 2 / samples.length);
  const expected = (samples.length * bits) / 8 / 256;
  const ofBytes = values.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return {
    sum: squares.reduce((sum, square) => sum + square, 0) / limitOf(bits),
    // By Hoeffding P((2 · ones − n)² / n > s) ≤ 2 · exp(−s / 2), for all bits together at most so many times that.
    bit: squares.reduce((max, square) => Math.max(max, square), 0) / (2 * Math.log((2 * bits) / FALSE_ALARM)),
    bytes: ofBytes / limitOf(255),
  };
}

/**
 * What a χ² variable exceeds with a probability of at most {@link FALSE_ALARM}: k + 2 √(k t) + 2 t for t = −ln of it
 * (Laurent and Massart 2000, lemma 1).
 */
function limitOf(degrees: number): number {
  const t = -Math.log(FALSE_ALARM);
  return degrees + 2 * Math.sqrt(degrees * t) + 2 * t;
}

/**
 * How far two lists of samples are from coming from one distribution, bit by bit: in multiples of the limit, as above.
 * @param first as many as `second`
 */
export function differenceOf(first: readonly Uint8Array[], second: readonly Uint8Array[]): number {
  const bits = 8 * first[0]!.length;
  const [ones, others] = [first, second].map((samples) => {
    const counts = new Uint32Array(bits);
    for (const sample of samples) countInto(counts, sample);
    return counts;
  });
  let [sum, max] = [0, 0];
  for (let at = 0; at < bits; at++) {
    const [one, other] = [ones![at]!, others![at]!];
    const rate = (one + other) / (first.length + second.length);
    max = Math.max(max, (one - other) ** 2 / first.length);
    // A bit that is the same everywhere says nothing of a difference.
    if (rate > 0 && rate < 1) sum += (one - other) ** 2 / (2 * first.length * rate * (1 - rate));
  }
  // By Hoeffding P((one − other)² / n > s) ≤ 2 · exp(−s).
  return Math.max(sum / limitOf(bits), max / Math.log((2 * bits) / FALSE_ALARM));
}

function countInto(ones: Uint32Array, sample: Uint8Array): void {
  for (let at = 0, bit = 0; at < sample.length; at++) {
    for (let byte = sample[at]!, end = bit + 8; bit < end; byte >>>= 1) ones[bit++]! += byte & 1;
  }
}
