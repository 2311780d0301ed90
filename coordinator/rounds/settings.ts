import { type RandomSource, SIZES } from '../../protocol/crypto/index.ts';
import { byState } from '../../protocol/rounds/index.ts';
import {
  DEFAULT_SCHEME,
  type MemberDirectory,
  NO_HASH,
  type RoundSettings,
  type UntrainedRange,
} from '../../protocol/wire/index.ts';
import type { PendingRecord } from '../store/types.ts';
import { maxGroup } from '../../learning/index.ts';
import type { TaskConfig } from '../config/index.ts';
import type { Deadlines } from './session-driver.ts';
import type { TaskPrivacy } from './task-privacy.ts';

const MILLION = 1_000_000;

/**
 * The settings of one group in one attempt at a round, or of the whole attempt if the cohort is not split; the nonce
 * makes them different from any others.
 */
export function settingsFor(
  task: TaskConfig,
  at: {
    readonly round: number;
    readonly dimension: number;
    readonly modelHash: Uint8Array;
    /** The directory of an active round. */
    readonly directory: MemberDirectory | undefined;
    readonly random: RandomSource;
    /** Clip and noise from the task's accountant; undefined for a task without noise. */
    readonly noisy: TaskPrivacy['next'] | undefined;
    /** How often members were told to train again from this model, and how often it was moved. */
    readonly pending: Pick<PendingRecord, 'repeat' | 'rebases'>;
    /** The scales of the model's rounds. */
    readonly scales: Pick<RoundSettings, 'maxExamples' | 'lossBound'> & {
      readonly untrained: readonly UntrainedRange[];
    };
    /** Whether it only measures scales. Default: no. */
    readonly measures?: boolean | undefined;
    /** Name of the scheme that sums its inputs. Default: {@link DEFAULT_SCHEME}. */
    readonly scheme?: string | undefined;
    /** Minimum number of inputs in its sum; undefined for the task's number. */
    readonly minCohort?: number | undefined;
  },
): RoundSettings {
  const { suite, adversary, graph, threshold, modulusBits, inputBits, clip } = task;
  const { untrained, ...bounds } = at.scales;
  const { scheme = DEFAULT_SCHEME } = at;
  return {
    suite,
    ...(scheme === DEFAULT_SCHEME ? {} : { scheme }),
    nonce: at.random(SIZES.roundNonce),
    task: task.name,
    round: at.round,
    repeat: at.pending.repeat,
    rebases: at.pending.rebases,
    adversary,
    graph,
    colludingPpm: Math.round(task.colluding * MILLION),
    dropoutPpm: Math.round(task.dropout * MILLION),
    threshold,
    minCohort: at.minCohort ?? task.minCohort,
    maxCohort: maxGroup(task),
    dimension: at.dimension,
    modelHash: at.modelHash,
    directoryHash: at.directory?.hash ?? NO_HASH,
    modulusBits,
    inputBits,
    clip,
    ...bounds,
    ...(untrained.length === 0 ? {} : { untrained }),
    ...(at.measures === true ? { measures: true } : {}),
    training: JSON.stringify(task.training),
    ...at.noisy,
  };
}

/** A task's deadlines in milliseconds, by the sessions' state names. */
export function deadlinesOf({ deadlines }: TaskConfig): Deadlines {
  return byState(({ deadline }) => deadlines[deadline] * 1000);
}
