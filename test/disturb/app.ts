import type { App } from '../../client/index.ts';
import { chanceOf } from '../soak/chance.ts';

/** The model: small, and with several tensors. */
export const SHAPES = { b: [3], w: [4, 3] } as const;

/**
 * Trains as an app does that keeps to its seed: where it goes follows from the parameters, the member and the seed that it
 * is given. Another seed, or another order of two trainings, and every later model is another one.
 */
export function repeatableApp(member: number): App<number> {
  return {
    shapes: SHAPES,
    data: () => member,
    train: (parameters, data, { seed, round }) => {
      const chance = chanceOf(seed, `training of ${data} in round ${round}`);
      for (const values of Object.values(parameters)) {
        values.forEach((value, j) => (values[j] = 0.9 * value + 0.2 * (chance() - 0.5) + 0.001 * data));
      }
      return Promise.resolve({ parameters, examples: 10 + data, loss: 1 + chance(), accuracy: chance() });
    },
  };
}
