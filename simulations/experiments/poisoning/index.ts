import { modelOf } from '../../engine/local-training.ts';
import { defineExperiment } from '../../laboratory/experiment.ts';
import { checkLooks, checkOnce, invalid } from '../../laboratory/settings.ts';
import { LOOKED, SESSION, TRAINED, TRAINING_IMAGES } from '../common/parameters.ts';
import { report } from './report.ts';
import { run } from './run.ts';
import { parameters, type PoisoningSettings } from './settings.ts';
import { summarise } from './summary.ts';
import { trainingsOf } from './trainings.ts';

/** In a sum of fewer, others' updates can be read: a coordinator refuses such groups. */
const MIN_GROUP = 3;

/** Refuses settings that cannot work together. @throws CairnError `settings-invalid` naming the bound */
function check(settings: PoisoningSettings): void {
  const { members, cohort, images, heldOut, groups, attackers, attacks, rules, rounds, begin } = settings;
  checkOnce({ groups, attackers, attacks, rules });
  if (cohort > members)
    throw invalid(`cohort: at most the ${members} members, got ${cohort}`, `lower it to ${members}, or raise members`);
  const most = Math.floor((TRAINING_IMAGES - heldOut) / members);
  if (images > most)
    throw invalid(
      `images: at most ${most} for each of ${members} members besides ${heldOut} held-out ones, got ${images}`,
      'lower images, members or heldOut: no image has two holders',
    );
  const greatest = Math.max(0, ...groups);
  if (greatest * MIN_GROUP > cohort)
    throw invalid(
      `groups: ${greatest} groups of at least ${MIN_GROUP} need ${greatest * MIN_GROUP} members in a round, but cohort is ${cohort}`,
      `raise cohort, or lower groups to ${Math.floor(cohort / MIN_GROUP)}`,
    );
  if (begin > rounds) throw invalid(`begin: at most the ${rounds} rounds, got ${begin}`, 'lower it');
  checkLooks(settings);
}

// Measured milliseconds of one core: a member's part in a round besides training, and a coordinate of its vector.
const MEMBER = 0.3;
const COORDINATE = 1.5e-5;

/** Approximate seconds that settings take on two cores. */
function estimate(settings: PoisoningSettings): number {
  const { model, images, localEpochs, cohort, rounds, evaluateEvery, testImages, heldOut, aggregation } = settings;
  const trained = TRAINED[model];
  const session = aggregation === 'secure' ? SESSION : 0;
  const part = images * localEpochs * trained + MEMBER + modelOf(model).layout.size * COORDINATE + session;
  const looks = Math.ceil(rounds / evaluateEvery) * testImages * trained * LOOKED;
  const milliseconds = trainingsOf(settings).reduce(
    (sum, { defence }) => sum + rounds * (cohort * part + (defence.rollback ? heldOut * trained * LOOKED : 0)) + looks,
    0,
  );
  return milliseconds / 2 / 1000;
}

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
