import type { LocalTraining } from './participant.ts';
import type { Participants } from './scenario.ts';

/** How many steps, and how long ones, the participants take in a round. */
export type Steps = Pick<LocalTraining, 'steps' | 'learningRate'>;

/**
 * All participants train from the same global parameters and their changes are added up, so ten of them with one class
 * each take fewer and shorter steps than two. The adversary takes more than the others: it has two jobs.
 */
export const SCHEDULE: Readonly<Record<Participants, { readonly honest: Steps; readonly adversary: Steps }>> = {
  2: { honest: { steps: 4, learningRate: 0.03 }, adversary: { steps: 6, learningRate: 0.03 } },
  11: { honest: { steps: 2, learningRate: 0.006 }, adversary: { steps: 4, learningRate: 0.006 } },
};
