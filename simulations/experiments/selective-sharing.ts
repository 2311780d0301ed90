import { defineExperiment } from '../laboratory/experiment.ts';
import { loadPaddedMnist } from '../models/mnist.ts';
import { check, parameters } from './selective-sharing/settings.ts';
import { runTrainings } from './selective-sharing/train.ts';
import { imagesOf, trainingsOf } from './selective-sharing/trainings.ts';

/** Images that two cores train in a second. */
const IMAGES_PER_SECOND = { mlp: 40_000, cnn: 1_600 };

/** Distributed selective SGD of Shokri and Shmatikov, CCS 2015. */
export const selectiveSharing = defineExperiment({
  name: 'selective-sharing',
  title: 'Selective sharing: how little must be uploaded, and what even that reveals',
  parameters,
  presets: { quick: {}, paper: {} },
  needsMnist: true,
  estimate: (settings) => imagesOf(settings) / IMAGES_PER_SECOND[settings.model],
  check,
  async run(lab) {
    const { settings } = lab;
    const images = {
      train: await loadPaddedMnist('train'),
      test: await loadPaddedMnist('test'),
    };
    lab.plan(imagesOf(settings));
    await runTrainings(lab, images, trainingsOf(settings));
  },
  summarise: () => ({}),
  report: () => [],
});
