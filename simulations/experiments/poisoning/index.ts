import { defineExperiment } from '../../laboratory/experiment.ts';
import { check } from './check.ts';
import { estimate } from './estimate.ts';
import { report } from './report.ts';
import { run } from './run.ts';
import { parameters } from './settings.ts';
import { summarise } from './summary.ts';

/** What attacking members do to the model, and how robust rules over groups and held-out rollback help. */
export const poisoning = defineExperiment({
  name: 'poisoning',
  title: 'Poisoning: accuracy over the share of attackers, with robust rules over groups, rollback, and without',
  parameters,
  presets: {
    quick: {},
    paper: {
      members: 500,
      cohort: 300,
      images: 100,
      rounds: 100,
      begin: 21,
      groups: [10, 30, 60],
      evaluateEvery: 10,
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
