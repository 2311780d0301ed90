import { z } from 'zod';
import { mechanismOf, minNoiseMultiplier, type NoiseSettings, planNoise } from '../../../protocol/privacy/index.ts';
import type { SumPrivacy } from '../../engine/noisy-rounds.ts';
import { checkLooks, checkOnce, invalid } from '../../laboratory/settings.ts';
import { count, positive, share, TRAINING_IMAGES } from '../common/parameters.ts';
import { sharedModel } from './networks.ts';

/** Parameters of gan-attack. */
export const parameters = z.object({
  participants: z
    .array(z.union([z.literal(2), z.literal(11)]))
    .min(1)
    .default([2])
    .describe(
      '2: a victim with five classes and the adversary; 11: ten honest ones with one class each and the adversary',
    ),
  target: z.int().min(0).max(9).default(0).describe("the victim's class that the adversary targets"),
  rounds: count.max(100_000).default(200).describe('rounds of each federation'),
  thetaUpload: z.array(share).min(1).default([1]).describe('shares of a change to upload, largest first'),
  aggregation: z
    .enum(['plain', 'secure', 'both'])
    .default('both')
    .describe('sums in the open, through the sessions of secure aggregation, or one after the other'),
  control: z.boolean().default(true).describe('also run federations in which no participant holds the target'),
  seeds: count.max(100).default(1).describe('repetitions with different seeds'),
  noise: z
    .array(positive)
    .default([])
    .describe('budgets ε/c per uploaded parameter of the noise of selective-sharing; none: no noise'),
  gamma: positive.default(0.001).describe('bound of an uploaded change, with noise'),
  tau: positive.default(0.0001).describe('threshold of the sparse vector technique, with noise'),
  dp: z
    .enum(['none', 'user'])
    .default('none')
    .describe(
      'user: also federations whose members add noise for user-level differential privacy, one for each epsilon',
    ),
  epsilon: z.array(positive).min(1).default([8]).describe('budgets ε of all rounds together, with dp user'),
  delta: z.number().gt(0).lt(1).default(1e-5).describe('the δ that goes with them'),
  userClip: positive.default(0.2).describe('maximum norm of an upload, with dp user'),
  imagesPerClass: count.max(2_500).default(200).describe('images of each class that its holder trains on'),
  startAccuracy: share.default(0.85).describe('accuracy of the global model at which the attack begins'),
  startLatest: count.default(100).describe('latest round in which the attack begins'),
  generatorWidth: z
    .int()
    .min(4)
    .max(512)
    .multipleOf(4)
    .default(64)
    .describe("channels of the generator's first image; 256 in the paper"),
  generatorSteps: count.default(10).describe('steps of the generator in a round'),
  generatorRate: positive.default(0.0005).describe("learning rate of the generator's Adam"),
  fakes: count.max(10_000).default(64).describe('samples that the adversary adds to its data in a round'),
  fakeRounds: count.max(1000).default(20).describe('rounds for which a sample stays in its data'),
  batchSize: count.max(1000).default(32).describe('examples per step, of participants and generator'),
  evaluateEvery: count.default(10).describe('rounds between evaluations of model and samples'),
  samples: z.int().min(2).max(2000).default(100).describe('samples per evaluation'),
  testImages: count.max(10_000).default(1000).describe("test images for the global model's accuracy"),
  classifierImages: count.default(30_000).describe('images that the classifier learns from'),
  classifierTests: count.max(10_000).default(10_000).describe('test images for evaluating the classifier'),
  classifierEpochs: count.max(100).default(3).describe('epochs of the classifier'),
});

/** The settings of a run. */
export type GanAttackSettings = z.output<typeof parameters>;

/**
 * Number of participants, including the adversary: one victim of five classes, or ten honest ones of one class each.
 */
export type Participants = GanAttackSettings['participants'][number];

/**
 * Refuses settings that contradict each other.
 * @throws CairnError `settings-invalid` naming the bound; `privacy-infeasible` for an ε that no noise keeps
 */
export function check(settings: GanAttackSettings): void {
  const {
    participants,
    target,
    rounds,
    thetaUpload,
    noise,
    gamma,
    tau,
    dp,
    epsilon,
    delta,
    startLatest,
    evaluateEvery,
    imagesPerClass,
    classifierImages,
  } = settings;
  checkOnce({ participants, thetaUpload, noise, epsilon });
  if (participants.includes(2) && target > 4)
    throw invalid(`target: from 0 to 4 with 2 participants, since the adversary holds 5 to 9 itself, got ${target}`);
  checkLooks(settings);
  if (startLatest + evaluateEvery > rounds + 1)
    throw invalid(
      `startLatest: at most ${rounds + 1 - evaluateEvery}, so that the attack is evaluated once within ${rounds} rounds, got ${startLatest}`,
    );
  // Once for the participants, once held out.
  const left = TRAINING_IMAGES - 2 * poolFor(imagesPerClass);
  if (classifierImages > left)
    throw invalid(
      `classifierImages: at most ${left}, which ${imagesPerClass} of each class for participants and as many held out leave of ${TRAINING_IMAGES}, got ${classifierImages}`,
    );
  if (tau > gamma) throw invalid(`tau: at most gamma, ${gamma}, to which changes are bounded first, got ${tau}`);
  if (dp === 'user')
    for (const members of participants)
      for (const each of epsilon) userNoise(members, { epsilon: each, delta, rounds });
}

/** Differential privacy of users over a whole federation. */
interface UserPrivacy {
  readonly epsilon: number;
  readonly delta: number;
  readonly rounds: number;
}

// The finest grid possible: this studies noise, not rounding.
const MODULUS_BITS = 32;

function noiseOf(members: number, noiseMultiplier: number): NoiseSettings {
  return {
    placement: 'distributed',
    distribution: 'discrete-gaussian',
    noiseMultiplier,
    dimension: sharedModel().layout.size,
    clip: 1,
    clients: members,
    // The adversary is a member and knows the noise that it added itself, if it added any.
    minHonestSurvivors: members - 1,
    modulusBits: MODULUS_BITS,
    bitWidth: 0,
  };
}

/**
 * The noise of which every member adds a share, so that the sums of all rounds keep a budget. It is known that every
 * member takes part in every round, so there is no amplification.
 * @throws CairnError `privacy-infeasible` if no noise keeps it
 */
export function userNoise(members: Participants, { epsilon, delta, rounds }: UserPrivacy): SumPrivacy {
  const noiseMultiplier = minNoiseMultiplier({ epsilon, delta, rounds, rate: 1 }, (multiplier) =>
    mechanismOf(planNoise(noiseOf(members, multiplier))),
  );
  return noiseOf(members, noiseMultiplier);
}

// The rarest digit is 9 % of the images; a few hundred more allow for chance.
const PER_CLASS = 11.5;
const SPARE = 500;

/** How many images contain `perClass` of every class. */
export function poolFor(perClass: number): number {
  return Math.ceil(perClass * PER_CLASS) + SPARE;
}
