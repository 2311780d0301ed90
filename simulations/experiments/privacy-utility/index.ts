import { defineExperiment } from '../../laboratory/experiment.ts';
import { estimate } from './estimate.ts';
import { report } from './report.ts';
import { run } from './run.ts';
import { check } from './check.ts';
import { parameters } from './settings.ts';
import { summarise } from './summary.ts';

/** The cost of user-level differential privacy: accuracy over ε, with noise by the coordinator and by the members. */
export const privacyUtility = defineExperiment({
  name: 'privacy-utility',
  title: 'Privacy and utility: accuracy over ε with noise by the coordinator, by the members, and without',
  parameters,
  presets: {
    quick: {},
    paper: {
      members: [600, 2000, 6000],
      images: 10,
      rounds: 200,
      epsilon: [0.25, 0.5, 1, 2, 4, 8, 16],
      repeats: 3,
    },
  },
  needsMnist: true,
  estimate,
  check,
  run,
  summarise,
  report,
});
