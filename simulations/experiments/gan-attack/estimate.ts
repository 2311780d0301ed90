import { casesOf } from './scenarios.ts';
import { SCHEDULE } from './schedule.ts';
import type { GanAttackSettings } from './settings.ts';

// Milliseconds of one core, as measured: an example of the shared model forwards and backwards, one forwards, one of the
// classifier's training; a sample in a step of the generator, and what it takes more with the square of the width; and
// the judges' work of a look.
const TRAINED = 0.7;
const SEEN = 0.25;
const JUDGED = 0.28;
const SAMPLE = 0.6;
const PER_SQUARE = 6e-5;
const LOOK = 500;

/** Seconds that settings take on two cores, roughly. */
export function estimate(settings: GanAttackSettings): number {
  const { rounds, batchSize, generatorSteps, generatorWidth, evaluateEvery, testImages } = settings;
  const sample = SAMPLE + PER_SQUARE * generatorWidth * generatorWidth;
  let milliseconds = settings.classifierImages * settings.classifierEpochs * JUDGED;
  for (const { participants, scenarios } of casesOf(settings)) {
    const { honest, adversary } = SCHEDULE[participants];
    const steps = (participants === 2 ? 1 : 10) * honest.steps + adversary.steps;
    const look = (LOOK + testImages * SEEN) / evaluateEvery;
    const round = batchSize * (steps * TRAINED + generatorSteps * sample) + look;
    milliseconds += scenarios.length * rounds * round;
  }
  return milliseconds / 2 / 1000;
}
