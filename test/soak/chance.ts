import { seeded } from '../../simulations/attacks/open-round/lab.ts';

/** Numbers from 0 up to 1, drawn from a seed and a name. */
export type Chance = () => number;

/** Chance for one purpose: the same seed and name give the same numbers. */
export function chanceOf(seed: number, name: string): Chance {
  const random = seeded(`soak ${seed} ${name}`);
  return () => {
    const bytes = random(4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32;
  };
}

/** A time with this mean, and no memory. */
export const about = (chance: Chance, mean: number): number => -mean * Math.log(1 - chance());

/** Resolves after so many seconds. */
export const wait = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
