// A strategy of your own: Nesterov momentum on the coordinator's side, v ← β·v + Δ, x ← x + η·(Δ + β·v). Run it in a
// clone of the repository with
//
//   npx cairn coordinator examples/own-strategy/coordinator.json --learning examples/own-strategy/nesterov.mjs
//
// and in a project that has installed the package from node_modules/cairn-fl/, which has the same folder.
// A model is processed in parts, so each coordinate is treated independently; arguments are not changed.
import { defineStrategy } from 'cairn-fl/coordinator';
import { z } from 'zod';

const nesterov = defineStrategy({
  name: 'nesterov',
  // Options in the configuration, such as `"strategy": { "name": "nesterov", "momentum": 0.5 }`.
  options: z.object({
    learningRate: z.number().gt(0).default(1),
    momentum: z.number().min(0).lt(1).default(0.9),
  }),
  create: ({ learningRate, momentum }) => ({
    // Saved with the model, and restored when the coordinator restarts.
    init: (size) => ({ velocity: new Float32Array(size) }),
    apply(model, update, { velocity }) {
      const next = velocity.map((value, j) => momentum * value + update[j]);
      return {
        model: model.map((value, j) => value + learningRate * (update[j] + momentum * next[j])),
        state: { velocity: next },
      };
    },
  }),
});

/** The export that `--learning` reads: any number of strategies; `rules` may have any made by `defineGroupRule`. */
export const strategies = [nesterov];
