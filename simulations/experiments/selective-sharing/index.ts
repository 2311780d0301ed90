import { defineExperiment } from '../../laboratory/experiment.ts';
import { loadPaddedMnist } from '../../models/mnist.ts';
import { runExposure, trainAll } from './run.ts';
import { report } from './report.ts';
import { summarise } from './results.ts';
import { check, parameters } from './settings.ts';
import { imagesOf, trainingsOf } from './trainings.ts';

/** Images that two idle cores train per second, tests included. */
const IMAGES_PER_SECOND = { mlp: 30_000, cnn: 2_000 };

/**
 * Distributed selective SGD of Shokri and Shmatikov (CCS 2015), with its baselines, its differential privacy, and what
 * its sparse uploads reveal through secure aggregation.
 */
export const selectiveSharing = defineExperiment({
  name: 'selective-sharing',
  title: 'Selective sharing: training together while uploading a share of the parameters',
  parameters,
  presets: {
    quick: { participants: [10, 30, 60], thetaUpload: [0.001, 0.01, 0.1, 1], epochs: 15, epsilon: [0.1, 1, 10, 100] },
    paper: {
      model: 'cnn',
      participants: [30, 60, 90, 120, 150],
      // The paper's 150 participants of 600 images hold more than MNIST has.
      dealAgain: true,
      thetaUpload: [0.001, 0.01, 0.1, 1],
      // A bound that only the changes of the first epochs reach.
      gamma: 0.05,
      epochs: 20,
      epsilon: [0.1, 1, 10, 100, 1000],
      privateParticipants: [30, 90, 150],
      evaluateEvery: 2,
    },
  },
  needsMnist: true,
  estimate: (settings) => imagesOf(settings) / IMAGES_PER_SECOND[settings.model],
  check,
  async run(lab) {
    const images = { train: await loadPaddedMnist('train'), test: await loadPaddedMnist('test') };
    const trainings = trainingsOf(lab.settings);
    lab.plan(imagesOf(lab.settings));
    const last = await trainAll(lab, images, trainings);
    await runExposure(lab, images, trainings, last);
  },
  summarise,
  report,
});
