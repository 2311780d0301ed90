import type { Dataset } from '../../../training/data/index.ts';
import { loadMnist, loadMnistLabels } from '../../../training/data/node/index.ts';
import { modelOf, shared } from '../../engine/training.ts';
import { workInOrder } from '../../laboratory/in-order.ts';
import type { Laboratory } from '../../laboratory/experiment.ts';
import { recorder } from '../../laboratory/recorder.ts';
import { prove } from './prove.ts';
import { PROOFS, SCORES } from './series.ts';
import type { PoisoningSettings } from './settings.ts';
import { train } from './train.ts';
import { defencesOf, trainingsOf } from './trainings.ts';

type Lab = Laboratory<PoisoningSettings>;

/** The images that members hold come first, those used by rollback last. */
async function imagesOf({ settings }: Lab): Promise<Record<'train' | 'heldOut' | 'test', Dataset>> {
  const { members, images, heldOut, testImages } = settings;
  const { length } = await loadMnistLabels('train');
  const last = Array.from({ length: heldOut }, (_, i) => length - heldOut + i);
  return {
    train: shared(await loadMnist('train', { limit: members * images })),
    heldOut: shared(await loadMnist('train', { indices: last })),
    test: shared(await loadMnist('test', { limit: testImages })),
  };
}

/**
 * Sums one round both ways for each number of groups, then runs all trainings, one per thread at a time, and records
 * their scores in the order of the trainings. A resumed run starts again at the first training whose last row is
 * missing.
 */
export async function run(lab: Lab): Promise<void> {
  const { settings } = lab;
  const images = await imagesOf(lab);
  const first = (repeat: number): Float32Array =>
    modelOf(settings.model).initialise(lab.seedOf(`first parameters ${repeat}`));
  const trainings = trainingsOf(settings);
  const counts = [...new Set(defencesOf(settings).map(({ groups }) => groups))];
  lab.plan(trainings.length + counts.length);

  const attackers = Math.max(...settings.attackers);
  const attack = attackers === 0 ? 'none' : settings.attacks[0]!;
  for (const groups of counts.slice(lab.results.rows(PROOFS).length)) {
    const seed = lab.seedOf('proof');
    lab.record(
      PROOFS,
      await lab.call(prove, {
        settings,
        training: { attack, attackers },
        train: images.train,
        seed,
        groups,
        first: first(1),
      }),
    );
    lab.advance(1, `sums of ${groups} groups, both ways`);
  }

  const known = lab.results.rows(SCORES);
  const done = new Set(known.filter(({ round }) => round === settings.rounds).map(({ training }) => training));
  // Rows of an interrupted training are already recorded: they are produced again and skipped.
  const again = known.filter(({ training }) => !done.has(training)).length;
  await workInOrder(
    trainings.filter(({ id }) => !done.has(id)),
    lab.threads,
    recorder(lab, SCORES, again),
    async (training, add) => {
      lab.signal.throwIfAborted();
      const seed = lab.seedOf(`repeat ${training.repeat}`);
      const input = { settings, training, ...images, seed, first: first(training.repeat) };
      for (const row of await lab.call(train, input)) add(row);
      lab.advance(1, training.id);
    },
  );
}
