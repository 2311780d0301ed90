import { defineExperiment } from '../../laboratory/experiment.ts';
import { runAll } from './conduct.ts';
import { estimate } from './estimate.ts';
import { report } from './report.ts';
import { check, parameters } from './settings.ts';
import { summarise } from './summary.ts';

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
      // As many are held out; what is left is the classifier's.
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
