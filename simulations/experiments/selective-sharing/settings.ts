import { z } from 'zod';
import { checkOnce, invalid } from '../../laboratory/settings.ts';
import { count, positive, share, TRAINING_IMAGES } from '../common/parameters.ts';

/** Parameters of selective-sharing. */
export const parameters = z.object({
  model: z
    .enum(['mlp', 'cnn'])
    .default('mlp')
    .describe('network of the paper: 140 106 (mlp) or 105 506 (cnn) parameters'),
  participants: z.array(count.max(1000)).min(1).default([30]).describe('numbers N of participants'),
  images: count.max(TRAINING_IMAGES).default(600).describe('images that each participant holds'),
  dealAgain: z
    .boolean()
    .default(false)
    .describe('deal images out a second time if all participants together need more than there are'),
  thetaUpload: z.array(share).default([0.001, 0.01, 0.1, 1]).describe('shares of parameters to upload'),
  thetaDownload: share.default(1).describe('share of parameters to download'),
  selection: z
    .enum(['largest', 'random'])
    .default('largest')
    .describe('which changes to upload: the largest, or random ones of at least tau'),
  tau: positive.default(0.001).describe('threshold of random selection and of the sparse vector technique'),
  gamma: positive.default(0.01).describe('bound of an uploaded change'),
  order: z
    .enum(['round-robin', 'random', 'asynchronous'])
    .default('round-robin')
    .describe('order in which participants train'),
  concurrency: count.default(4).describe('participants that train at once in asynchronous order'),
  epochs: count.max(10_000).default(20).describe('epochs of selective sharing: turns of each participant'),
  centralisedEpochs: count.max(10_000).default(10).describe('epochs of the centralised baseline, 60 000 images each'),
  aloneEpochs: count.max(10_000).default(40).describe('epochs of a participant that trains alone'),
  learningRate: positive.default(0.05).describe('learning rate of SGD'),
  batchSize: count.default(10).describe('examples per step'),
  evaluateEvery: count
    .default(1)
    .describe('epochs between evaluations on the test set; five times as many for training alone'),
  baselines: z
    .array(z.enum(['centralised', 'alone']))
    .default(['centralised', 'alone'])
    .describe('trainings to compare with'),
  aloneParticipants: count.max(100).default(3).describe('participants whose training alone is averaged'),
  epsilon: z.array(positive).default([]).describe('privacy budgets per uploaded parameter; none: no noise'),
  privateParticipants: z
    .array(count.max(1000))
    .default([30])
    .describe('numbers N of participants that train with noise'),
  privateThetaUpload: share.default(0.1).describe('share of parameters to upload with noise'),
});

/** The settings of a run. */
export type SelectiveSharingSettings = z.output<typeof parameters>;

/** Refuses settings that contradict each other. @throws CairnError `settings-invalid` naming the bound */
export function check(settings: SelectiveSharingSettings): void {
  const { images, batchSize, tau, gamma, order, concurrency } = settings;
  const { participants, thetaUpload, epsilon, baselines, privateParticipants } = settings;
  if (batchSize > images) throw invalid(`batchSize: at most the ${images} images of a participant, got ${batchSize}`);
  if (tau > gamma) throw invalid(`tau: at most gamma, ${gamma}, to which changes are bounded first, got ${tau}`);
  const counts = [...participants, ...(epsilon.length > 0 ? privateParticipants : [])];
  const most = Math.floor(TRAINING_IMAGES / images);
  const tooMany = counts.find((count) => count > most);
  if (tooMany !== undefined && !settings.dealAgain) {
    throw invalid(
      `participants: at most ${most} of ${images} images each, since MNIST has ${TRAINING_IMAGES}; got ${tooMany}`,
      'use fewer of either, or --deal-again, which gives an image to two participants if necessary',
    );
  }
  const least = Math.min(...counts);
  if (order === 'asynchronous' && concurrency > least)
    throw invalid(`concurrency: at most the ${least} participants of the smallest training, got ${concurrency}`);
  checkOnce({ participants, thetaUpload, epsilon, baselines, privateParticipants });
}
