import {
  addNoise,
  type DecodedRoundSum,
  type ReadingOptions,
  readSum,
  type UnmaskedSum,
} from '../../protocol/rounds/index.ts';
import type { Bounded } from '../../protocol/quantize/index.ts';
import type { Primitives, RandomSource } from '../../protocol/crypto/index.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';
import { type Combined, combineGroups, type GroupTerms } from './groups.ts';
import { highest } from './scales.ts';

/** The unmasked sum of one group of members. */
export interface GroupSum extends UnmaskedSum {
  /** Hash of its settings: 32 bytes. */
  readonly settingsHash: Uint8Array;
}

/** What is needed to open sums. */
export interface OpeningTools {
  readonly primitives: Primitives;
  /** A CSPRNG: the coordinator's noise comes from it. */
  readonly random: RandomSource;
}

/** The opened sums of a round as one. */
export interface Opened extends Combined {
  /** Mean share of updates that were within the clip, over the groups; undefined if rounds do not report it. */
  readonly unclipped: number | undefined;
  /** Over all sums, including those left out by the rule; undefined if they have noise. */
  readonly bounded: Bounded | undefined;
}

/** Terms for opening the sums of a round. */
export interface OpeningTerms {
  /** Of any of the groups: they differ only in the nonce. */
  readonly settings: RoundSettings;
  /** Undefined if the cohort is not split. */
  readonly groups: GroupTerms | undefined;
  /** From the task's accountant; undefined for a task without noise. */
  readonly reading: ReadingOptions | undefined;
}

/**
 * Adds the coordinator's noise, if the settings ask for it, to each sum, reads them, and combines them by the task's
 * rule, in steps short enough to yield to other work between them.
 * @param sums - one for each group; undefined for a group that has none
 * @throws CairnError `data-empty` for a single sum without weight, `groups-missing`
 */
export function* openSums(
  { settings, groups, reading }: OpeningTerms,
  sums: readonly (GroupSum | undefined)[],
  { primitives, random }: OpeningTools,
): Generator<unknown, Opened> {
  for (const words of sums) if (words !== undefined) yield* addNoise(settings, words, random, reading);
  const shares: number[] = [];
  const bounds: Bounded[] = [];
  const open = ({ settingsHash, ...words }: GroupSum): DecodedRoundSum => {
    const opened = readSum(primitives, settings, settingsHash, words, reading);
    if (opened.unclipped !== undefined) shares.push(opened.unclipped);
    if (opened.bounded !== undefined) bounds.push(opened.bounded);
    return opened;
  };
  const combined = yield* combineGroups(groups, sums, open, settings);
  return { ...combined, unclipped: meanOf(shares), bounded: together(bounds) };
}

/** The bounds combined; undefined for none. */
function together(bounds: readonly Bounded[]): Bounded | undefined {
  const peaks = highest(bounds.map((one) => one.peaks));
  if (peaks === undefined) return undefined;
  const total = (value: (of: Bounded) => number): number => bounds.reduce((sum, one) => sum + value(one), 0);
  return { clipped: total(({ clipped }) => clipped), cut: total(({ cut }) => cut), peaks };
}

/** The mean; undefined for no numbers. */
const meanOf = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
