import type { Tape } from '../../../training/index.ts';
import type { Images } from './data.ts';
import type { Look } from './evaluation.ts';
import type { Federation } from './federation.ts';
import type { Scenario } from './scenario.ts';
import type { AttackState } from './state.ts';
import type { NoiseBounds } from './upload.ts';
import type { UserPrivacy } from './user-privacy.ts';

/** How rounds are run; the same for all scenarios of a run but for the schedule. */
interface RoundSettings extends NoiseBounds, Pick<UserPrivacy, 'delta' | 'rounds'> {
  /** Greatest norm of an upload where sums are private. */
  readonly userClip: number;
  readonly imagesPerClass: number;
  /** Channels of the generator's first image. */
  readonly generatorWidth: number;
  readonly generatorSteps: number;
  readonly generatorRate: number;
  /** Samples that the adversary adds to its data in a round, and how many rounds they stay there. */
  readonly fakes: number;
  readonly fakeRounds: number;
  readonly batchSize: number;
  /** The attack begins behind the first evaluation at which the global model is this accurate, … */
  readonly startAccuracy: number;
  /** … and in this round at the latest. */
  readonly startLatest: number;
  /** Samples of an evaluation. */
  readonly samples: number;
  /** Test images of an evaluation. */
  readonly testImages: number;
}

/** What `runRounds` takes. */
export interface RoundsInput {
  readonly scenario: Scenario;
  readonly settings: RoundSettings;
  readonly images: Images;
  /** Seed of the repetition: the same for all its scenarios. */
  readonly seed: number;
  /** Undefined for the first rounds. */
  readonly state: AttackState | undefined;
  /** The round to stop behind. */
  readonly until: number;
}

/** What `runRounds` gives. */
export interface RoundsOutput extends Look {
  readonly state: AttackState;
  /** Mean of −ln p(target) over the generator's last steps; null before the attack. */
  readonly generatorLoss: number | null;
  /** Greatest number of uploads that were longer than the aggregator's clip in one of the rounds. */
  readonly clipped: number;
  /** How often a participant sat a round out because its training diverged. */
  readonly diverged: number;
  /**
   * Greatest difference of a coordinate between the last round's sum and what it would have been in the open; null
   * where it is in the open, or private.
   */
  readonly rounding: number | null;
}

/** What the parts of a round work with. */
export interface Run {
  readonly tape: Tape;
  readonly federation: Federation;
  readonly input: RoundsInput;
}
