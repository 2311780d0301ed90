import { casesOf } from './scenarios.ts';
import { SCHEDULE } from './schedule.ts';
import type { GanAttackSettings } from './settings.ts';

// Milliseconds of one core: an example of the shared model forwards and backwards, one forwards, one of the classifier's
// training, a generator's sample per channel of its first image squared, and what else a sample costs in a step.
const TRAINED = 1.2;
const SEEN = 0.5;
const JUDGED = 0.8;
const PER_CHANNEL_PAIR = 1.5e-4;
const SAMPLE = 1.8;

/** Seconds that settings take on two cores, roughly. */
export function estimate(settings: GanAttackSettings): number {
  const { rounds, batchSize, generatorSteps, generatorWidth, evaluateEvery, testImages } = settings;
  const sample = SAMPLE + PER_CHANNEL_PAIR * generatorWidth * generatorWidth;
  let milliseconds = settings.classifierImages * settings.classifierEpochs * JUDGED;
  for (const { participants, scenarios } of casesOf(settings)) {
    const { honest, adversary } = SCHEDULE[participants];
    const steps = (participants - 1 === 1 ? 1 : 10) * honest.steps + adversary.steps;
    const round = batchSize * (steps * TRAINED + generatorSteps * sample) + (testImages * SEEN) / evaluateEvery;
    milliseconds += scenarios.length * rounds * round;
  }
  return milliseconds / 2 / 1000;
}
