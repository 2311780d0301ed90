import { z } from 'zod';
import { exp, log } from '../../protocol/numeric.ts';
import type { Random } from '../../training/index.ts';

const seconds = z.number().min(0).max(1e9);

/** How seconds are drawn: always the same, evenly, or with the long tails that networks have. */
export const distributionSchema = z.union(
  [
    seconds,
    z.strictObject({ uniform: z.tuple([seconds, seconds]) }),
    z.strictObject({ exponential: seconds }),
    z.strictObject({ lognormal: z.strictObject({ median: seconds, sigma: z.number().min(0).max(10) }) }),
  ],
  {
    error:
      'expected seconds from 0, or {"uniform": [least, greatest]}, {"exponential": mean}, {"lognormal": {"median": …, "sigma": …}}',
  },
);

/** Seconds: a number, or how to draw them. */
export type Distribution = z.output<typeof distributionSchema>;

/** Draws seconds. The same generator gives the same bits in every engine. */
export function draw(distribution: Distribution, random: Random): number {
  if (typeof distribution === 'number') return distribution;
  if ('uniform' in distribution) {
    const [least, greatest] = distribution.uniform;
    return least + (greatest - least) * random.uniform();
  }
  if ('exponential' in distribution) return -distribution.exponential * log(1 - random.uniform());
  const { median, sigma } = distribution.lognormal;
  return median * exp(sigma * normal(random));
}

/** A standard normal number by Marsaglia's polar method. */
function normal(random: Random): number {
  for (;;) {
    const x = 2 * random.uniform() - 1;
    const y = 2 * random.uniform() - 1;
    const square = x * x + y * y;
    if (square < 1 && square > 0) return x * Math.sqrt((-2 * log(square)) / square);
  }
}
