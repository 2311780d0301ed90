import { defineExperiment } from '../../laboratory/experiment.ts';
import { runAll } from './run.ts';
import { report } from './report.ts';
import { casesOf, SCHEDULE } from './scenarios.ts';
import { check, type GanAttackSettings, parameters } from './settings.ts';
import { summarise } from './results.ts';

// Measured milliseconds of one core: an example of the shared model forwards and backwards, one forwards, one of the
// classifier's training; a sample in a step of the generator, and its extra cost with the square of the width; and the
// judges' work per evaluation.
const TRAINED = 0.7;
const SEEN = 0.25;
const JUDGED = 0.28;
const SAMPLE = 0.6;
const PER_SQUARE = 6e-5;
const LOOK = 500;

/** Approximate seconds that settings take on two cores. */
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

/** The attack of Hitaj, Ateniese and Pérez-Cruz, CCS 2017: a participant's GAN learns a class that only another holds. */
export const ganAttack = defineExperiment({
  name: 'gan-attack',
  title: "GAN attack: an insider draws what only another participant's data show",
  parameters,
  presets: {
    quick: {},
    paper: {
      participants: [2, 11],
      thetaUpload: [1, 0.1],
      noise: [100, 10, 0.01],
      seeds: 5,
      rounds: 400,
      // As many are held out; the rest are the classifier's.
      imagesPerClass: 1_500,
      classifierImages: 24_000,
      generatorWidth: 256,
      evaluateEvery: 10,
      testImages: 10_000,
      samples: 400,
    },
  },
  needsMnist: true,
  estimate,
  check,
  run: runAll,
  summarise,
  report,
});
