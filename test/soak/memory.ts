/** What a process has at one moment, in bytes, after its garbage was collected. */
export interface Sample {
  /** Minutes since the beginning. */
  readonly at: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

const MEBI = 2 ** 20;

/** A shorter run is all warming up: its slope says nothing. */
export const MIN_MINUTES = 3;

/**
 * What a coordinator may grow by in MiB a minute once it is warm. Reports of all rounds stay in memory, some 3 kB each;
 * at a hundred rounds a minute that is 0.3 MiB. A leak of one client's masked vector or seat a round would be more.
 */
export const MAX_GROWTH = { heapUsed: 1, rss: 2 } as const;

/** How a quantity ran: in MiB, the slope in MiB a minute over all but the first third of the time. */
export interface Course {
  readonly least: number;
  readonly median: number;
  readonly most: number;
  readonly slope: number;
}

/** The course of one quantity over the samples. */
export function courseOf(samples: readonly Sample[], quantity: 'rss' | 'heapUsed' | 'external'): Course {
  const values = samples.map((sample) => sample[quantity] / MEBI);
  const sorted = [...values].sort((a, b) => a - b);
  const warm = samples.filter(({ at }) => at >= samples[samples.length - 1]!.at / 3);
  return {
    least: sorted[0]!,
    median: sorted[sorted.length >> 1]!,
    most: sorted[sorted.length - 1]!,
    slope: slopeOf(warm.map((sample) => [sample.at, sample[quantity] / MEBI])),
  };
}

/** Least squares. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (pick: 0 | 1): number => points.reduce((sum, point) => sum + point[pick], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
}
