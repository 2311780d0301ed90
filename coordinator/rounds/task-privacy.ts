import type { ReadingOptions } from '../../protocol/rounds/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import {
  adaptClip,
  addDivergences,
  createBudget,
  epsilonOf,
  NO_DIVERGENCES,
  type PrivacyBudget,
  spend,
  spentEpsilon,
} from '../../protocol/privacy/index.ts';
import type { RoundPrivacy } from '../../protocol/wire/index.ts';
import { DRAWN_PART, type Draws, isDrawable, maxDefect, type PrivacyConfig, type TaskConfig } from '../config/index.ts';
import type { PrivacyStatus } from '../report.ts';
import type { PrivacyRecord } from '../store/types.ts';
import { type NoiseCost, noiseCostOf } from '../../learning/index.ts';
import { calibrate, type Calibration, type PrivateTask } from './calibration.ts';

/**
 * The accountant of one task: what its rounds cost, and what is left. A round is paid for before its sum is opened, or,
 * if members are drawn at random, before they are drawn, whatever the outcome: whether a round failed may depend on who
 * was drawn.
 */
export class TaskPrivacy {
  readonly #config: PrivacyConfig;
  readonly #draws: Draws;
  readonly #calibration: Calibration;
  #budget: PrivacyBudget;
  #inside: readonly number[];
  #clip: number;
  /** What draws have added to δ. */
  #defect: number;

  /**
   * @param dimension number of model parameters
   * @param record what was spent before a restart; if the noise has changed since, the change counts from now on
   * @throws CairnError `privacy-infeasible` if no noise keeps the budget, or the modulus is too small for it;
   * `privacy-budget` if a single round would exceed it
   */
  constructor(task: PrivateTask, dimension: number, record?: PrivacyRecord) {
    const { privacy } = task;
    this.#draws = { ...task, ...privacy };
    this.#config = privacy;
    this.#calibration = calibrate(task, dimension);
    const { cost, delta } = this.#calibration;
    const { epsilon } = privacy;
    const fresh = createBudget(epsilon, delta);
    this.#budget = record === undefined ? fresh : { ...fresh, divergences: record.divergences, rounds: record.rounds };
    this.#inside = record?.inside ?? NO_DIVERGENCES;
    this.#clip = record?.clip ?? task.clip;
    this.#defect = record?.defect ?? 0;
    if (record !== undefined || this.lasts) return;
    const one = epsilonOf(cost, delta);
    throw new CairnError(
      'privacy-budget',
      `one round alone costs epsilon ${one.toPrecision(3)}, the budget is ${epsilon}`,
      {
        hint: 'raise noiseMultiplier or epsilon, or omit noiseMultiplier',
      },
    );
  }

  /** Undefined for a task without noise. @throws CairnError as the constructor does, naming the task */
  static of(task: TaskConfig, dimension: number, record?: PrivacyRecord): TaskPrivacy | undefined {
    const { privacy } = task;
    if (privacy === undefined) return undefined;
    try {
      return new TaskPrivacy({ ...task, privacy }, dimension, record);
    } catch (thrown) {
      if (!(thrown instanceof CairnError)) throw thrown;
      const { code, message, hint } = thrown;
      throw new CairnError(code, `task "${task.name}": ${message}`, { hint, cause: thrown });
    }
  }

  /** Probability with which each idle member is drawn; undefined if a cohort is chosen instead. */
  get sampling(): number | undefined {
    return this.#config.sampling < 1 ? this.#config.sampling : undefined;
  }

  /** How the sums of its rounds are read. */
  get reading(): ReadingOptions {
    return this.#calibration.reading;
  }

  /** Clip and noise of the next round, as its settings name them. */
  get next(): { readonly clip: number; readonly privacy: RoundPrivacy } {
    return { clip: this.#clip, privacy: { ...this.#calibration.noise, spent: spentEpsilon(this.#budget) } };
  }

  /** What a restart must not forget. */
  get record(): PrivacyRecord {
    const { divergences, rounds } = this.#budget;
    return { divergences, inside: this.#inside, rounds, clip: this.#clip, defect: this.#defect };
  }

  /** The task's privacy status. */
  get status(): PrivacyStatus {
    const { placement, noiseMultiplier, sampling, epsilon, delta } = this.#calibration.noise;
    const { rounds } = this.#budget;
    const inside = { ...this.#budget, divergences: this.#inside };
    return {
      ...{ placement, noiseMultiplier, spent: spentEpsilon(this.#budget), epsilon, delta, rounds },
      ...(placement === 'central' || this.#inside[0] === Number.MAX_VALUE ? {} : { spentInside: spentEpsilon(inside) }),
      ...{ sampling, clip: this.#clip, noise: this.#noise },
    };
  }

  get #noise(): NoiseCost {
    const { plan, members, reading } = this.#calibration;
    return noiseCostOf(plan, { members, clip: this.#clip, filled: reading.fill === true });
  }

  /** Whether the budget allows another round. */
  get lasts(): boolean {
    try {
      spend(this.#budget, this.#calibration.cost);
      return this.#defect + maxDefect(this.#draws) <= DRAWN_PART * this.#config.delta;
    } catch (thrown) {
      if (thrown instanceof CairnError && thrown.code === 'privacy-budget') return false;
      throw thrown;
    }
  }

  /** Whether members may be drawn from this many, or none are drawn. */
  drawable(members: number): boolean {
    return this.sampling === undefined || isDrawable(members, this.#draws);
  }

  /**
   * The record with one more round paid for.
   * @throws CairnError `privacy-budget` if it would exceed the budget
   */
  paid(): PrivacyRecord {
    const { cost, costInside } = this.#calibration;
    const { rounds, divergences } = spend(this.#budget, cost);
    // As much as any draw may add: more or fewer members may be present when it is made than when this was asked.
    const defect = this.#defect + (this.sampling === undefined ? 0 : maxDefect(this.#draws));
    return { divergences, inside: addDivergences(this.#inside, costInside), rounds, clip: this.#clip, defect };
  }

  /** What a restart must not forget once a round has revealed the share of updates that were short enough. */
  recordAfter(unclipped: number | undefined): PrivacyRecord {
    const { adaptiveClip } = this.#config;
    if (adaptiveClip === undefined || unclipped === undefined) return this.record;
    return { ...this.record, clip: adaptClip(this.#clip, unclipped, adaptiveClip) };
  }

  /** Continues from a stored record. */
  adopt({ divergences, inside, rounds, clip, defect }: PrivacyRecord): void {
    this.#defect = defect;
    this.#budget = { ...this.#budget, divergences, rounds };
    this.#inside = inside;
    this.#clip = clip;
  }
}
