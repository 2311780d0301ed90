import type { Attack } from './attack.ts';
import { TARGET } from './coordinator/scene.ts';
import { outcomeOf, withScene } from './coordinator/with-scene.ts';

// Rounds that require less than a member's own policy: they are refused before anything is shared.

/** Differential privacy that the coordinator leaves out. */
export const noiseRemoval: Attack = {
  name: 'noise-removal',
  title: 'opens a round whose settings name no noise, and subtracts all other updates from the sum',
  attacker: 'the coordinator, with every other member on its side',
  source: 'docs/protocol.md §7.6; Kairouz et al., ICML 2021',
  protection: 'minNoise in the client’s policy: rounds with less noise from members are refused',
  without: 'a policy that requires no noise',
  run: ({ protected: safe, seed, signal }) => {
    const policy = safe ? { minNoise: { multiplier: 1 } } : {};
    return withScene({ seed: `noise ${seed}`, n: 8, honest: [TARGET], policy }, signal, async (hall) => {
      const settings = hall.settings();
      hall.round({}, settings);
      await hall.ends();
      return outcomeOf(hall, settings);
    });
  },
};

/** A threshold that accomplices reach on their own. */
export const lowThreshold: Attack = {
  name: 'low-threshold',
  title: 'names a threshold so low that its accomplices alone open the target’s secrets',
  attacker: 'the coordinator, with two of eight members on its side',
  source: 'Bonawitz et al., CCS 2017, §6.2',
  protection: 'each client derives the threshold that its own share of colluding members requires',
  without: 'a policy that assumes no accomplice',
  run: ({ protected: safe, seed, signal }) => {
    const policy = { colluding: safe ? 0.25 : 0 };
    const scene = { seed: `threshold ${seed}`, n: 8, honest: [1, 2, 3, 4, 5, 6], policy };
    return withScene(scene, signal, async (hall) => {
      const settings = hall.settings({ colludingPpm: 0, threshold: 2 });
      hall.round({}, settings);
      await hall.ends();
      return outcomeOf(hall, settings);
    });
  },
};
