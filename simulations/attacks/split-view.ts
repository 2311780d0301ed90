import type { Attack } from './attack.ts';
import { splitRequests, splitView } from './coordinator/split.ts';
import { outcomeOf, withScene } from './coordinator/with-scene.ts';

const GAMMA = 0.25;

/** The attack that the consistency round prevents. */
export const splitViews: Attack = {
  name: 'split-view',
  title: 'tells half of the members that the target dropped out, and the others that it did not',
  attacker: 'the coordinator, with two of eight members on its side',
  source: 'Bonawitz et al., CCS 2017, §6.2',
  protection: 'a quorum of signatures over one survivor set, before any member reveals a share',
  without: 'a curious round, in which members sign nothing',
  run: ({ protected: safe, seed, signal }) => {
    const adversary = safe ? 'active' : 'curious';
    const scene = { seed: `split view ${seed}`, n: 8, honest: [1, 2, 3, 4, 5, 6], adversary } as const;
    return withScene({ ...scene, policy: { colluding: GAMMA } }, signal, async (hall) => {
      const settings = hall.settings({ colludingPpm: GAMMA * 1e6 });
      await (safe ? splitView : splitRequests)(hall, settings, { blind: [1, 2, 4] });
      return outcomeOf(hall, settings);
    });
  },
};
