import { defineExperiment } from '../laboratory/experiment.ts';
import { check } from './poisoning/check.ts';
import { estimate } from './poisoning/estimate.ts';
import { report } from './poisoning/report.ts';
import { run } from './poisoning/run.ts';
import { parameters } from './poisoning/settings.ts';
import { summarise } from './poisoning/summary.ts';

/** What members that attack do to the model, and what robust rules over groups and held-out rollback do about it. */
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
